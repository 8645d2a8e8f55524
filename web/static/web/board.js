// The board: a name dragged (or picked up with Space, or from its dialog) onto another shows at once what the exchange
// would cost. Without this file each name is a link to who else could sit there.
(() => {
  "use strict";

  const board = document.getElementById("board");
  const dialog = document.getElementById("board-dialog");
  const says = document.getElementById("board-says");
  if (!board || !dialog) return;
  let picked = null; // the seat whose officer is on the way
  let asked = null; // the seat that the dialog is about: it has the focus again afterwards

  const say = (words) => { says.textContent = words; };
  const seatOf = (event) => (event.target.closest ? event.target.closest(".seat-name") : null);

  const unmark = () => board.querySelectorAll(".over").forEach((seat) => seat.classList.remove("over"));
  const drop = () => {
    if (picked) picked.classList.remove("picked");
    picked = null;
    unmark();
    say("");
  };
  const pick = (seat, how) => {
    drop();
    picked = seat;
    seat.classList.add("picked");
    say(`${seat.dataset.name} is picked up. ${how}`);
  };

  const show = (address, seat) => {
    asked = seat;
    htmx.ajax("GET", address, { target: dialog, swap: "innerHTML" });
  };
  dialog.addEventListener("htmx:afterSettle", () => {
    if (asked && !dialog.open) dialog.showModal(); // it focuses what is marked autofocus: the heading
  });
  const failed = (event) => {
    if (event.detail.target === dialog && asked) { asked = null; say("That could not be looked up. Try again."); }
  };
  ["htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach((name) => document.addEventListener(name, failed));
  dialog.addEventListener("close", () => {
    const seat = asked;
    asked = null;
    dialog.replaceChildren();
    if (seat) seat.focus();
  });

  const propose = (one, other) => {
    drop();
    if (one === other) return;
    const query = new URLSearchParams({ one: one.dataset.duty });
    if (other.dataset.duty) query.set("other", other.dataset.duty);
    else { query.set("day", other.dataset.day); query.set("seat", other.dataset.seat); }
    show(`${other.dataset.duty ? board.dataset.exchange : board.dataset.fill}?${query}`, other);
  };
  const act = (seat) => { if (picked) propose(picked, seat); else show(seat.href, seat); };

  board.addEventListener("click", (event) => {
    const seat = seatOf(event);
    if (!seat || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    act(seat);
  });
  board.addEventListener("keydown", (event) => {
    const seat = seatOf(event);
    if (event.key !== " " || !seat) return;
    event.preventDefault();
    if (event.repeat) return;
    if (picked || !seat.dataset.duty) act(seat);
    else pick(seat, "Space on another seat shows the cost, Escape lets go.");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !picked || dialog.open) return;
    const seat = picked;
    drop();
    seat.focus();
  });

  board.addEventListener("dragstart", (event) => {
    const seat = seatOf(event);
    if (!seat || !seat.dataset.duty) return;
    drop();
    picked = seat; // nothing is said: words that move the page under the pointer would end the drag at once
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", seat.dataset.name);
  });
  board.addEventListener("dragover", (event) => {
    const seat = seatOf(event);
    unmark();
    if (!picked || !seat || seat === picked) return;
    event.preventDefault();
    seat.classList.add("over");
  });
  board.addEventListener("drop", (event) => {
    const seat = seatOf(event);
    if (!picked || !seat) return;
    event.preventDefault();
    propose(picked, seat);
  });
  board.addEventListener("dragend", drop);

  dialog.addEventListener("htmx:load", () => {
    dialog.querySelectorAll("[data-pick]").forEach((button) => { button.hidden = false; });
  });
  dialog.addEventListener("click", (event) => {
    const seat = asked;
    if (event.target.closest("[data-pick]") && seat) {
      dialog.close();
      pick(seat, "Choose another seat to see the cost.");
    } else if (event.target === dialog || event.target.closest("[data-close]")) {
      event.preventDefault();
      dialog.close();
    }
  });
})();
