// Small courtesies of forms and menus. Everything here also works without it.
(() => {
  "use strict";

  // A form that is on its way cannot be sent again; coming back to the page frees it.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.classList.contains("sending")) { event.preventDefault(); return; }
    form.classList.add("sending");
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form.sending").forEach((form) => form.classList.remove("sending"));
  });

  // Ctrl+Enter (or ⌘+Enter) in a form that says so sends it from any field.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = event.target.closest("form[data-quick-send]");
    if (form) { event.preventDefault(); form.requestSubmit([...form.elements].find((element) => element.matches("[data-send]"))); }
  });

  // A menu closes when one leaves it.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // What is shown only where a choice asks for it: data-shown-when="NAME=VALUE".
  const follow = () => {
    for (const part of document.querySelectorAll("[data-shown-when]")) {
      const [name, value] = part.dataset.shownWhen.split("=");
      const form = part.closest("form");
      const chosen = form && new FormData(form).get(name);
      part.hidden = chosen !== value;
    }
  };
  document.addEventListener("change", follow);
  follow();

  // On a phone the sub-navigation scrolls sideways: where one is stands in view.
  for (const here of document.querySelectorAll(".subnav [aria-current]")) {
    const nav = here.parentElement;
    nav.scrollLeft += here.getBoundingClientRect().left - nav.getBoundingClientRect().left - (nav.clientWidth - here.offsetWidth) / 2;
  }

  // After a refused form the reader is taken to what is wrong.
  const errors = document.getElementById("form-errors");
  if (errors) errors.focus();
})();
