// The phone wall: asks what changed, draws it, and does what a hand would do with a phone.
// All text enters the page as text, never as markup.
import { Sound } from "./sound.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const KEY_NAMES = { "*": "star", "#": "hash" };
const LINGER_MS = 90_000; // how long a phone stays on top after its last call or text
const POLL_SECONDS = 10;

const byId = (id) => document.getElementById(id);
const phones = new Map(); // number -> what the server said
const cards = new Map(); // number -> its element
const lastWords = new Map(); // number -> id of the newest utterance already announced
const sound = new Sound();
let version = 0;
let boot = "";
let clockSkew = 0; // the server's clock minus ours, in ms
let firstLook = true;

const now = () => Date.now() + clockSkew;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// ---- asking -------------------------------------------------------------------------------------------------

async function look() {
  const query = new URLSearchParams({ since: version, boot, wait: boot ? POLL_SECONDS : 0 });
  const answer = await fetch(`state.json?${query}`, { signal: AbortSignal.timeout((POLL_SECONDS + 15) * 1000) });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const state = await answer.json();
  if (state.boot !== boot) {
    for (const card of cards.values()) card.remove();
    phones.clear();
    cards.clear();
    boot = state.boot;
    firstLook = true;
  }
  version = state.version;
  clockSkew = state.now - Date.now();
  byId("company").textContent = state.company.length ? `The company is ${state.company.join(", ")}` : "";
  for (const phone of state.phones) {
    phones.set(phone.number, phone);
    draw(phone);
  }
  if (state.phones.length) arrange();
  firstLook = false;
}

async function watch() {
  for (let failures = 0; ; ) {
    try {
      await look();
      if (failures) byId("lost").hidden = true;
      failures = 0;
    } catch {
      failures += 1;
      if (failures > 1) {
        byId("lost").textContent = "Connection lost. Trying again…";
        byId("lost").hidden = false;
      }
      await new Promise((go) => setTimeout(go, Math.min(500 * failures, 3000)));
    }
  }
}

async function act(number, deed, data = {}) {
  const path = `phones/${encodeURIComponent(number)}${deed ? `/${deed}` : ""}`;
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(data),
    });
    return answer.ok;
  } catch {
    return false;
  }
}

// ---- one phone ----------------------------------------------------------------------------------------------

function initials(phone) {
  const words = phone.name.split(/\s+/).filter(Boolean);
  if (!words.length) return phone.number.slice(-2);
  return (words[0][0] + (words.length > 1 ? words.at(-1)[0] : "")).toUpperCase();
}

function makeCard(phone) {
  const card = byId("card").content.firstElementChild.cloneNode(true);
  const { number } = phone;
  card.dataset.number = number;
  const heading = card.querySelector(".name");
  heading.id = `name-${number.slice(1)}`;
  card.setAttribute("aria-labelledby", heading.id);
  for (const key of KEYS) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = key;
    if (KEY_NAMES[key]) button.setAttribute("aria-label", KEY_NAMES[key]);
    button.addEventListener("click", () => {
      sound.key(key);
      act(number, "press", { keys: key });
    });
    card.querySelector(".keys").append(button);
  }
  card.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.do) act(number, button.dataset.do);
    if (button.dataset.open) openText(card, button);
  });
  card.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select") || event.ctrlKey || event.metaKey || event.altKey;
    if (typing || !KEYS.includes(event.key) || !phones.get(number).call) return;
    event.preventDefault();
    sound.key(event.key);
    act(number, "press", { keys: event.key });
  });
  for (const form of card.querySelectorAll("form")) {
    const input = form.querySelector("input");
    input.id = `${form.dataset.send}-${number.slice(1)}`;
    form.querySelector("label").htmlFor = input.id;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const value = input.value;
      if (!value.trim()) return;
      input.value = "";
      if (!(await act(number, form.dataset.send, { [input.name]: value }))) input.value = value;
    });
  }
  const habit = card.querySelector("[data-habit]");
  habit.addEventListener("change", () => {
    const mailbox = habit.value === "voicemail";
    act(number, "", { when_called: mailbox ? "ring" : habit.value, mailbox });
  });
  cards.set(number, card);
  return card;
}

function openText(card, button) {
  const form = card.querySelector(".reply");
  form.hidden = !form.hidden;
  button.setAttribute("aria-expanded", String(!form.hidden));
  if (!form.hidden) form.querySelector("input").focus();
}

function draw(phone) {
  const card = cards.get(phone.number) ?? makeCard(phone);
  const find = (selector) => card.querySelector(selector);
  const label = phone.name || phone.number;
  card.dataset.state = phone.state;
  find(".avatar").textContent = initials(phone);
  find(".name").textContent = label;
  find(".number").textContent = [phone.name ? phone.number : "", phone.role].filter(Boolean).join(" · ");
  find(".ring").hidden = phone.state !== "ringing";
  if (phone.ringing.length) find(".caller").textContent = `${phone.ringing[0].from} is calling`;
  const past = !phone.call && phone.state === "idle" && isRecent(phone) && !phone.note.startsWith("texted");
  const line = phone.call?.with ?? (past ? phone.note : "");
  find(".with").hidden = !line;
  find(".with").textContent = line;
  find(".with").classList.toggle("past", past);
  find(".talk").hidden = !phone.call;
  find(".idle").hidden = phone.state !== "idle";
  find('[data-send="say"] label').textContent = `Say something into the call of ${label}`;
  find('[data-send="text"] label').textContent = `Text the company from ${label}`;
  find(".habit span").textContent = `When ${label} is called`;
  const habit = find("[data-habit]");
  if (document.activeElement !== habit) {
    habit.value = phone.habit.mailbox && phone.habit.when_called === "ring" ? "voicemail" : phone.habit.when_called;
  }
  drawWords(phone, card);
  drawTexts(phone, card);
  tick(phone, card);
}

// Music that has ended is of no interest, nor are the words of a call that is long over.
function shownWords(phone) {
  return isRecent(phone) || phone.call ? phone.words.filter((w) => !(w.kind === "tone" && w.cut)) : [];
}

function drawWords(phone, card) {
  const shown = shownWords(phone);
  const last = shown.at(-1);
  const box = card.querySelector(".words");
  box.hidden = !last;
  if (last) box.dataset.kind = last.kind;
  const earlier = card.querySelector(".earlier");
  const before = shown.slice(0, -1).filter((w) => w.text.trim());
  earlier.hidden = !before.length;
  earlier.replaceChildren(...before.map((words) => {
    const line = document.createElement("p");
    if (words.speaker) {
      const by = document.createElement("span");
      by.className = "by";
      by.textContent = `${words.speaker}: `;
      line.append(by);
    }
    line.append(spoken(words).said + (words.cut ? " …" : ""));
    return line;
  }));
  earlier.scrollTop = earlier.scrollHeight;
  const seen = lastWords.get(phone.number) ?? -1;
  for (const words of phone.words.filter((w) => w.id > seen)) {
    lastWords.set(phone.number, words.id);
    if (firstLook) continue;
    byId("said").textContent = `${phone.name || phone.number} hears: ${words.text}`;
    if (words.kind === "say" || words.kind === "speech") sound.say(words);
  }
  if (last?.cut) sound.hush(last.id);
}

// The part of an utterance that has been said, and the part to come.
function spoken(words) {
  const end = words.at + words.seconds * 1000;
  const until = Math.min(now(), words.cut ?? Infinity);
  if (until >= end || words.kind === "tone" || words.kind === "play") return { said: words.text, coming: "" };
  const share = Math.max(0, (until - words.at) / (end - words.at));
  let at = Math.floor(words.text.length * share);
  while (at > 0 && at < words.text.length && words.text[at] !== " ") at += 1;
  return { said: words.text.slice(0, at), coming: words.cut ? " …" : words.text.slice(at) };
}

function drawTexts(phone, card) {
  const list = card.querySelector(".texts");
  list.hidden = !phone.texts.length;
  if (phone.texts.length && isRecent(phone)) card.querySelector(".reply").hidden = false;
  if (list.childElementCount === phone.texts.length && list.dataset.last === String(phone.texts.at(-1)?.id)) return;
  list.dataset.last = String(phone.texts.at(-1)?.id);
  list.replaceChildren(...phone.texts.map((text) => {
    const bubble = document.createElement("p");
    bubble.className = text.out ? "bubble out" : "bubble";
    const at = document.createElement("time");
    at.dateTime = new Date(text.at).toISOString();
    at.textContent = new Date(text.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    bubble.append(text.body, at);
    return bubble;
  }));
  list.scrollTop = list.scrollHeight;
  const newest = phone.texts.at(-1);
  if (!firstLook && newest && !newest.out) {
    byId("said").textContent = `${phone.name || phone.number} is texted: ${newest.body}`;
    sound.text();
  }
}

// What changes by itself as time passes: timers, and words being said.
function tick(phone, card) {
  const state = card.querySelector(".state");
  let text = "";
  if (phone.state === "ringing") text = `Ringing ${duration(now() - phone.ringing[0].since)}`;
  else if (phone.call) text = `${phone.call.live ? "" : "Calling "}${duration(now() - phone.call.since)}`;
  if (state.textContent !== text) state.textContent = text;
  const last = shownWords(phone).at(-1);
  if (!last || card.querySelector(".words").hidden) return;
  const { said, coming } = calm.matches && !last.cut ? { said: last.text, coming: "" } : spoken(last);
  const by = last.speaker ? `${last.speaker}: ` : "";
  card.querySelector(".said").textContent = by + said;
  card.querySelector(".coming").textContent = coming;
}

function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

// ---- the order of the wall ----------------------------------------------------------------------------------

function lastMoment(phone) {
  return Math.max(phone.texts.at(-1)?.at ?? 0, phone.words.at(-1)?.at ?? 0, phone.noted ?? 0);
}

function isRecent(phone) {
  return now() - lastMoment(phone) < LINGER_MS;
}

const isBusy = (phone) => phone.state !== "idle" || (phone.noted || phone.texts.length ? isRecent(phone) : false);
const urgency = { ringing: 0, call: 1, idle: 2 };

function matches(phone, wanted) {
  return !wanted || `${phone.name} ${phone.number} ${phone.role}`.toLowerCase().includes(wanted);
}

function arrange() {
  const wanted = byId("filter").value.trim().toLowerCase();
  const shown = [...phones.values()].filter((p) => matches(p, wanted));
  const names = (a, b) => (a.name || "~").localeCompare(b.name || "~") || a.number.localeCompare(b.number);
  const busy = shown.filter(isBusy).sort(
    (a, b) => urgency[a.state] - urgency[b.state] || names(a, b));
  const quiet = shown.filter((p) => !isBusy(p)).sort(names);
  byId("busy-section").hidden = !busy.length; // shown before cards move in, so that they can take the focus
  byId("quiet-section").hidden = !quiet.length;
  const held = document.activeElement;
  for (const [number, card] of cards) if (!shown.includes(phones.get(number))) card.remove();
  place(byId("busy"), busy);
  place(byId("quiet"), quiet);
  if (document.activeElement !== held) giveBack(held);
  byId("quiet-count").textContent = String(quiet.length);
  byId("empty").hidden = shown.length > 0;
  byId("empty").textContent = phones.size
    ? "No phone matches the filter."
    : "No phone has been met yet. The first call or text brings one here.";
  const ringing = [...phones.values()].filter((p) => p.state === "ringing");
  sound.ring(ringing.length > 0);
  document.title = ringing.length ? `(${ringing.length}) Phone wall` : "Phone wall";
}

// Puts the cards in order. A card with the keyboard's focus stays where it is while others move around it.
function place(list, wanted) {
  const order = wanted.map((phone) => cards.get(phone.number));
  const anchor = order.find((card) => card.parentElement === list && card.contains(document.activeElement));
  const at = anchor ? order.indexOf(anchor) : order.length;
  let next = anchor ?? null;
  for (const card of order.slice(0, at).reverse()) {
    if (card.parentElement !== list || card.nextElementSibling !== next) list.insertBefore(card, next);
    next = card;
  }
  let previous = anchor;
  for (const card of order.slice(at + 1)) {
    if (previous.nextElementSibling !== card) previous.after(card);
    previous = card;
  }
}

// Gives the focus back to a control whose card was moved, or to the card itself if the control is gone from
// sight: a neutral place, where a second Enter presses nothing, and digits press the phone's keys.
function giveBack(control) {
  const card = control?.closest?.(".phone");
  if (!card?.isConnected) return;
  (control.offsetParent === null ? card : control).focus({ preventScroll: true });
}

// A control that was just used may vanish with the state it belonged to (Answer, once answered).
let lastUsed = null;
document.addEventListener("focusin", (event) => {
  lastUsed = event.target;
});
function keepFocus() {
  const nowhere = document.activeElement === document.body || document.activeElement?.offsetParent === null;
  if (nowhere && lastUsed && lastUsed.offsetParent === null) giveBack(lastUsed);
}

// ---- the page -----------------------------------------------------------------------------------------------

byId("filter").addEventListener("input", arrange);
byId("sound").addEventListener("click", () => {
  const on = sound.toggle();
  byId("sound").setAttribute("aria-pressed", String(on));
  byId("sound").textContent = on ? "Sound on" : "Sound off";
  arrange();
});
setInterval(() => {
  for (const phone of phones.values()) {
    const card = cards.get(phone.number);
    if (phone.state !== "idle" || isRecent(phone)) tick(phone, card);
  }
  keepFocus();
}, 250);
setInterval(() => {
  for (const phone of phones.values()) drawWords(phone, cards.get(phone.number));
  arrange();
}, 5000);
watch();
