// A button that copies what another element says: data-copy="ID". Without scripts the text is selected by one click.
(() => {
  "use strict";
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    const words = button.lastChild;
    const before = words.textContent;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      words.textContent = "Copied";
      setTimeout(() => { words.textContent = before; }, 2500);
    });
  }
})();
