// Counts down what carries data-countdown, once a second; the words are those of web/words.py: how_long.
(() => {
  "use strict";

  // The reader's clock may be wrong by minutes; the server's Date header of each live answer sets it right.
  let skew = 0;

  const howLong = (seconds) => {
    if (seconds <= 0) return "now";
    if (seconds < 60) return `in ${seconds} s`;
    const two = (number) => String(number).padStart(2, "0");
    if (seconds < 3600) return `in ${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
    if (seconds < 48 * 3600) return `in ${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
    return `in ${Math.round(seconds / 86400)} days`;
  };

  const tick = () => {
    const now = Date.now() + skew;
    for (const element of document.querySelectorAll("time[data-countdown]")) {
      const words = howLong(Math.round((Date.parse(element.dateTime) - now) / 1000));
      if (element.textContent !== words) element.textContent = words;
    }
  };

  document.addEventListener("htmx:afterRequest", (event) => {
    const sent = Date.parse(event.detail.xhr.getResponseHeader("Date") || "");
    // The header has whole seconds: only a difference that a reader would notice is worth correcting.
    if (sent && Math.abs(sent - Date.now()) > 3000) skew = sent - Date.now();
    tick();
  });
  tick();
  setInterval(tick, 1000);
})();
