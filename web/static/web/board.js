// The board: a name dragged (or picked up with Space) onto another shows at once what the exchange would cost.
// Without this file each name is a link to who else could sit there.
(() => {
  "use strict";

  const board = document.getElementById("board");
  const dialog = document.getElementById("board-dialog");
  const says = document.getElementById("board-says");
  if (!board || !dialog || !window.htmx) return;
  let picked = null;

  const say = (words) => { says.textContent = words; };
  const name = (seat) => seat.dataset.name || "nobody";

  const pick = (seat) => {
    drop();
    picked = seat;
    seat.classList.add("picked");
    say(`${name(seat)} is picked up. Space on another seat shows the cost, Escape lets go.`);
  };
  const drop = () => {
    if (picked) picked.classList.remove("picked");
    picked = null;
    board.querySelectorAll(".over").forEach((seat) => seat.classList.remove("over"));
  };

  const show = (address, back) => {
    htmx.ajax("GET", address, { target: dialog, swap: "innerHTML" }).then(() => {
      if (!dialog.open) dialog.showModal();
      dialog.addEventListener("close", () => back.focus(), { once: true });
    });
  };

  const propose = (one, other) => {
    if (one === other) { drop(); return; }
    const query = other.dataset.duty
      ? new URLSearchParams({ one: one.dataset.duty, other: other.dataset.duty })
      : new URLSearchParams({ one: one.dataset.duty, day: other.dataset.day, seat: other.dataset.seat });
    const address = other.dataset.duty ? board.dataset.exchange : board.dataset.fill;
    drop();
    show(`${address}?${query}`, other);
  };

  const seatOf = (event) => event.target.closest && event.target.closest(".seat-name");

  board.addEventListener("click", (event) => {
    const seat = seatOf(event);
    if (!seat || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (picked) propose(picked, seat); else show(seat.href, seat);
  });
  board.addEventListener("keydown", (event) => {
    const seat = seatOf(event);
    if (event.key === "Escape" && picked) { const last = picked; drop(); last.focus(); say("Let go."); return; }
    if (event.key !== " " || !seat) return;
    event.preventDefault();
    if (picked) propose(picked, seat); else if (seat.dataset.duty) pick(seat);
  });

  board.addEventListener("dragstart", (event) => {
    const seat = seatOf(event);
    if (!seat || !seat.dataset.duty) return;
    pick(seat);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", name(seat));
  });
  board.addEventListener("dragover", (event) => {
    const seat = seatOf(event);
    if (!picked || !seat || seat === picked) return;
    event.preventDefault();
    board.querySelectorAll(".over").forEach((one) => { if (one !== seat) one.classList.remove("over"); });
    seat.classList.add("over");
  });
  board.addEventListener("drop", (event) => {
    const seat = seatOf(event);
    if (!picked || !seat) return;
    event.preventDefault();
    propose(picked, seat);
  });
  board.addEventListener("dragend", drop);

  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) { event.preventDefault(); dialog.close(); }
  });
})();
