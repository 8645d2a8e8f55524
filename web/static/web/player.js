// The player of a review: every few seconds it reports which part of the recording was just played. The reports are
// evidence; what a lost one covered is not credited.
(() => {
  "use strict";

  const EVERY_SECONDS = 5;
  const audio = document.querySelector("[data-player]");
  if (!audio) return;
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const says = document.getElementById("player-says");
  const heard = document.getElementById("heard");
  const player = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => (byte % 36).toString(36)).join("");
  let sequence = 0;
  let from = null; // where the part that is being played began

  const report = (end) => {
    if (from === null || end - from < 0.2) return;
    const body = new URLSearchParams({ csrfmiddlewaretoken: token, player, sequence: sequence++, start: from.toFixed(2), end: end.toFixed(2) });
    from = end;
    fetch(audio.dataset.player, { method: "POST", body, keepalive: true, credentials: "same-origin" })
      .then((answer) => answer.json())
      .then((told) => { if (told.heard) heard.textContent = told.heard; says.textContent = told.error || "What is played is noted every few seconds."; })
      .catch(() => { says.textContent = "The connection is lost: what plays now is not noted."; });
  };

  let last = 0;
  audio.addEventListener("playing", () => { from = audio.currentTime; last = from; });
  audio.addEventListener("timeupdate", () => {
    if (audio.seeking || from === null) return;
    last = audio.currentTime;
    if (last - from >= EVERY_SECONDS) report(last);
  });
  // A jump ends the part at the place it was left, not where it lands.
  audio.addEventListener("seeking", () => { report(last); from = null; });
  audio.addEventListener("seeked", () => { if (!audio.paused) { from = audio.currentTime; last = from; } });
  audio.addEventListener("pause", () => { report(last); from = null; });
  audio.addEventListener("ended", () => { report(last); from = null; });
  window.addEventListener("pagehide", () => report(last));
})();
