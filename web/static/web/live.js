// Live pages. An element with data-live="SECONDS" and hx-trigger="look" asks for news that often; the answer is
// 204 when nothing changed, else the element itself (with a newer address) and the parts to put in place.
// A hidden tab asks once in 20 s; a lost connection shows a banner, is tried again ever slower, and resumes.
(() => {
  "use strict";

  const HIDDEN_SECONDS = 20;
  const SLOWEST_RETRY_SECONDS = 10;
  const timers = new Map(); // id of the element -> its timer
  let failures = 0;

  const lost = () => document.getElementById("lost");

  const schedule = (element) => {
    clearTimeout(timers.get(element.id));
    const normal = Number(element.dataset.live) || 1;
    let seconds = document.hidden ? Math.max(normal, HIDDEN_SECONDS) : normal;
    if (failures) seconds = Math.min(2 ** failures / 2, SLOWEST_RETRY_SECONDS);
    timers.set(element.id, setTimeout(() => look(element.id), seconds * 1000));
  };

  const look = (id) => {
    const element = document.getElementById(id);
    if (element) htmx.trigger(element, "look");
  };

  const lookAll = () => document.querySelectorAll("[data-live]").forEach((element) => look(element.id));
  const scheduleAll = () => document.querySelectorAll("[data-live]").forEach(schedule);

  const failed = () => {
    failures += 1;
    if (failures >= 2 || !navigator.onLine) lost().hidden = false;
  };

  const succeeded = () => {
    if (!lost().hidden) toast("Connected again.");
    failures = 0;
    lost().hidden = true;
  };

  const toast = (words) => {
    const place = document.getElementById("toast");
    place.textContent = words;
    place.hidden = false;
    setTimeout(() => { place.hidden = true; }, 4000);
  };

  document.addEventListener("htmx:afterRequest", (event) => {
    const element = event.detail.elt;
    if (!element.matches("[data-live]")) return;
    if (event.detail.successful) succeeded(); else failed();
    const now = document.getElementById(element.id);
    if (now) schedule(now);
  });

  // Whoever answers may need to know that nobody looks: an offer in a hidden tab was not seen.
  document.addEventListener("htmx:configRequest", (event) => {
    if (document.hidden && event.detail.elt.matches("[data-live]")) event.detail.parameters.hidden = "1";
  });

  // What had the keyboard's focus before a part was replaced has it afterwards, where it is still there.
  let focused = "";
  document.addEventListener("htmx:beforeSwap", () => { focused = document.activeElement ? document.activeElement.id : ""; });
  document.addEventListener("htmx:afterSettle", () => {
    const element = focused && document.getElementById(focused);
    if (element && document.activeElement !== element && document.activeElement === document.body) element.focus();
    scheduleAll();
  });

  document.addEventListener("visibilitychange", () => { if (document.hidden) scheduleAll(); else lookAll(); });
  window.addEventListener("online", lookAll);
  window.addEventListener("offline", () => { if (document.querySelector("[data-live]")) { failures = Math.max(failures, 1); failed(); } });
  window.addEventListener("pageshow", (event) => { if (event.persisted) lookAll(); });
  scheduleAll();
})();
