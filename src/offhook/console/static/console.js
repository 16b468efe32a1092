// The console's own script: everything can be read without it. It walks tables by keys, copies ids, hides numbers, and keeps pages fresh.
"use strict";

const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);
const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;

// -- help

const keys = document.getElementById("keys");
const help = document.getElementById("help");
if (keys && help) {
  help.hidden = false;
  help.addEventListener("click", () => keys.showModal());
}

// -- walking a list: j and k, Enter, r

const rows = () => [...document.querySelectorAll("table[data-walk] tbody tr")];
let at = -1;

function walk(step) {
  const all = rows();
  if (!all.length) return;
  at = Math.max(0, Math.min(all.length - 1, at + step));
  all.forEach((row, index) => row.classList.toggle("at", index === at));
  const link = all[at].querySelector("a");
  (link || all[at]).focus({ preventScroll: false });
}

// Select the row that one is on.
function tick() {
  const box = document.querySelector("tr.at input[type=checkbox]");
  if (box) box.checked = !box.checked;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || keys?.open) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const walking = rows().length > 0;
  if (event.key === "j" && walking) walk(1);
  else if (event.key === "k" && walking) walk(-1);
  else if (event.key === "x" && walking) tick();
  else if (event.key === "?" && keys) keys.showModal();
  else if (event.key === "/") {
    const search = document.querySelector("input[type=search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  } else {
    const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]:not(:disabled)`);
    if (!button) return;
    // Whoever has selected nothing means the row that they are on.
    if (button.form?.querySelector("tr.at [name=ids]") && !button.form.querySelector("[name=ids]:checked")) tick();
    button.click();
  }
});

// -- ids copy on click

document.addEventListener("click", (event) => {
  const one = event.target.closest("[data-copy]");
  if (!one || !navigator.clipboard) return;
  navigator.clipboard.writeText(one.dataset.copy).then(() => {
    const said = document.createElement("span");
    said.className = "quiet";
    said.setAttribute("role", "status");
    said.textContent = " copied";
    one.after(said);
    setTimeout(() => said.remove(), 1500);
  }, () => {});
});

// -- numbers can be hidden: for a screen that others see

const mask = document.getElementById("mask");
let hidden = localStorage.getItem("offhook.mask") === "yes";

function hide(root) {
  each("[data-number]", (one) => { one.textContent = hidden ? one.dataset.masked : one.dataset.number; }, root);
}

function say() {
  mask.setAttribute("aria-pressed", String(hidden));
  mask.textContent = hidden ? "Show numbers" : "Mask numbers";
}

if (mask) {
  mask.hidden = false;
  say();
  mask.addEventListener("click", () => {
    hidden = !hidden;
    localStorage.setItem("offhook.mask", hidden ? "yes" : "no");
    say();
    hide(document);
  });
}

// What each renewable piece was as the server sent it: only what differs is put in its place.
const still = (html) => html.replace(/(<time datetime="[^"]*")[^>]*>[^<]*/g, "$1");
const seen = new Map();
each("[data-fresh][id]", (one) => seen.set(one.id, still(one.outerHTML)));

// -- times: in the viewer's own zone, and how long ago they are goes on

const SPANS = [["d", 86400, 2], ["h", 3600, 1], ["min", 60, 1], ["s", 1, 1]];
const CLOCK = { hour: "2-digit", minute: "2-digit" };
const DAY = { year: "numeric", month: "short", day: "numeric" };

function ago(seconds) {
  const size = Math.abs(seconds);
  for (const [unit, length, least] of SPANS) {
    if (size >= length * least) {
      const span = `${Math.floor(size / length)} ${unit}`;
      return seconds > 0 ? `${span} ago` : `in ${span}`;
    }
  }
  return "now";
}

function tell(one) {
  const moment = new Date(one.dateTime);
  if (Number.isNaN(moment.valueOf())) return;
  one.title = `${moment.toLocaleString()} (${one.dateTime})`;
  if ("clock" in one.dataset) {
    const day = moment.toDateString() === new Date().toDateString() ? {} : DAY;
    one.textContent = moment.toLocaleString(undefined, { ...day, ...CLOCK });
  } else if ("local" in one.dataset) {
    one.textContent = moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
    one.hidden = false;
  } else if ("ago" in one.dataset) one.textContent = ago((Date.now() - moment.valueOf()) / 1000 - skew);
}

// The server's clock counts: a laptop that is minutes off would show "in 2 min".
const skew = (Date.now() - Date.parse(document.body.dataset.now)) / 1000 || 0;

function settle(root) {
  each("time[datetime]", tell, root);
  if (navigator.clipboard) each("button[data-copy]", (one) => { one.hidden = false; }, root);
  hide(root);
}

settle(document);
document.body.addEventListener("htmx:afterSwap", (event) => settle(event.target));
setInterval(() => { if (!document.hidden) each("time[data-ago]", tell); }, 10000);

// -- pages that renew themselves when something has happened: every [data-fresh] with an id, in one request

const rowKey = (row) => row.querySelector("a")?.getAttribute("href") ?? row.textContent;

// What a person has done to a piece of the page outlives its renewal.
function remember(old) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  return {
    open: [...old.querySelectorAll("details")].map((one) => one.open),
    itself: old.open,
    boxes: [...old.querySelectorAll("input[type=checkbox]:checked")].map((one) => one.value),
    at: [...old.querySelectorAll("tr.at")].map(rowKey),
    scroll: [...old.querySelectorAll(".scroll")].map((one) => one.scrollLeft),
    rows: new Set([...old.querySelectorAll("table[data-walk] tbody tr")].map(rowKey)),
    focus: focused && (focused.id ? `#${CSS.escape(focused.id)}` : focused.matches("a[href]") ? `a[href="${CSS.escape(focused.getAttribute("href"))}"]` : null),
    region: focused?.matches(".scroll") ? [...old.querySelectorAll(".scroll")].indexOf(focused) : -1,
  };
}

function recall(fresh, was) {
  if (was.itself) fresh.open = true;
  [...fresh.querySelectorAll("details")].forEach((one, place) => { if (was.open[place]) one.open = true; });
  each("input[type=checkbox]", (one) => { if (was.boxes.includes(one.value)) one.checked = true; }, fresh);
  [...fresh.querySelectorAll(".scroll")].forEach((one, place) => { one.scrollLeft = was.scroll[place] ?? 0; });
  each("table[data-walk] tbody tr", (row) => {
    if (was.at.includes(rowKey(row))) row.classList.add("at");
    if (was.rows.size && !was.rows.has(rowKey(row))) row.classList.add("new");
  }, fresh);
  if (was.region >= 0) fresh.querySelectorAll(".scroll")[was.region]?.focus({ preventScroll: true });
  else if (was.focus) fresh.querySelector(was.focus)?.focus({ preventScroll: true });
}

async function renew() {
  const answer = await fetch(location.href.split("#")[0], { headers: { "x-fresh": "1" }, redirect: "error" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  each("[data-fresh][id]", (old) => {
    const found = page.getElementById(old.id);
    // Somebody types in it, or has marked some of its text: not now.
    if (!found || typing(document.activeElement) && old.contains(document.activeElement)) return;
    if (!getSelection().isCollapsed && old.contains(getSelection().anchorNode)) return;
    const fresh = document.importNode(found, true);
    const html = still(found.outerHTML);
    if (seen.get(old.id) === html) return;
    seen.set(old.id, html);
    const was = remember(old);
    settle(fresh);
    old.replaceWith(fresh);
    if (window.htmx) htmx.process(fresh);
    recall(fresh, was);
  });
  if (at >= 0) at = rows().findIndex((row) => row.classList.contains("at"));
}

const PAUSE = 1000;
let source = null;
let renewing = false;
let again = false;

async function happened() {
  if (renewing || document.hidden) { again = true; return; }
  renewing = true;
  again = false;
  try { await renew(); } catch { /* The server is away: the stream says when it is back. */ }
  setTimeout(() => {
    renewing = false;
    if (again) happened();
  }, PAUSE);
}

function listen() {
  if (source || document.hidden) return;
  source = new EventSource(document.body.dataset.live);
  source.addEventListener("changed", happened);
  source.addEventListener("error", () => {
    // Closed for good (too many pages, or logged out): try again later.
    if (source && source.readyState === EventSource.CLOSED) { deafen(); setTimeout(listen, 10000); }
  });
  document.body.classList.add("is-live");
}

function deafen() {
  source?.close();
  source = null;
  document.body.classList.remove("is-live");
}

if (document.body.dataset.live && document.querySelector("[data-fresh][id]")) {
  listen();
  // A browser opens few connections to one host: pages that nobody looks at hold none.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) deafen();
    else { listen(); happened(); }
  });
  addEventListener("pagehide", deafen);
  addEventListener("pageshow", (event) => { if (event.persisted) { listen(); happened(); } });
}

// -- all boxes of a list at once

document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.dataset?.all) each(`input[name="${CSS.escape(box.dataset.all)}"]`, (one) => { one.checked = box.checked; });
});
