// Finds an account as one types: a combobox after the ARIA Authoring Practices (list autocomplete, manual choice).
// Without it the same field takes a name or a number, and the server finds the account.
(() => {
  "use strict";

  const PAUSE_MS = 120;

  for (const finder of document.querySelectorAll("[data-finder]")) {
    const input = finder.querySelector("input[type=text]");
    const chosen = finder.querySelector("input[type=hidden]");
    const list = finder.querySelector("[role=listbox]");
    const says = finder.querySelector("[role=status]");
    let timer = 0;
    let asked = 0;
    let active = -1;

    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");
    input.autocomplete = "off";

    const options = () => [...list.querySelectorAll("[role=option]")];

    const close = () => {
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };

    const mark = (index) => {
      const all = options();
      if (!all.length) return;
      active = (index + all.length) % all.length;
      all.forEach((option, place) => option.setAttribute("aria-selected", String(place === active)));
      input.setAttribute("aria-activedescendant", all[active].id);
      all[active].scrollIntoView({ block: "nearest" });
    };

    const choose = (option) => {
      input.value = option.dataset.name;
      chosen.value = option.dataset.value;
      close();
      says.textContent = `${option.dataset.name} chosen.`;
      chosen.dispatchEvent(new Event("change", { bubbles: true }));
    };

    const find = async () => {
      const words = input.value.trim();
      if (!words) { close(); return; }
      const mine = ++asked;
      let answer;
      try {
        answer = await fetch(`${finder.dataset.finder}?q=${encodeURIComponent(words)}`, { headers: { "HX-Request": "true" } });
      } catch { return; } // offline: the field goes on taking a name
      if (!answer.ok || mine !== asked) return;
      list.innerHTML = await answer.text(); // our own server's fragment, escaped there
      const found = options().length;
      list.hidden = false;
      active = -1;
      input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-expanded", "true");
      says.textContent = found ? `${found} found. Use the arrow keys.` : "None found.";
      if (found) mark(0);
    };

    input.addEventListener("input", () => {
      if (chosen.value) {
        chosen.value = "";
        chosen.dispatchEvent(new Event("change", { bubbles: true }));
      }
      clearTimeout(timer);
      timer = setTimeout(find, PAUSE_MS);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) find(); else mark(active + (event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Enter" && !list.hidden && active >= 0) {
        event.preventDefault();
        choose(options()[active]);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      } else if (event.key === "Tab" && !list.hidden && active >= 0 && !chosen.value) {
        choose(options()[active]);
      }
    });
    input.addEventListener("blur", () => setTimeout(close, 150));
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) { choose(option); input.focus(); }
    });
  }
})();
