// The console's own script: everything can be read without it. It walks tables by keys, copies ids, hides numbers, and keeps lists fresh.
"use strict";

const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);
const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

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

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "j") walk(1);
  else if (event.key === "k") walk(-1);
  else if (event.key === "/") {
    const search = document.querySelector("input[type=search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  } else {
    const button = document.querySelector(`button[data-key="${CSS.escape(event.key)}"]:not(:disabled)`);
    if (button) button.click();
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

function hide(hidden) {
  each("[data-number]", (one) => { one.textContent = hidden ? one.dataset.masked : one.dataset.number; });
  mask.setAttribute("aria-pressed", String(hidden));
  mask.textContent = hidden ? "Show numbers" : "Mask numbers";
}

if (mask) {
  mask.hidden = false;
  let hidden = localStorage.getItem("offhook.mask") === "yes";
  hide(hidden);
  mask.addEventListener("click", () => {
    hidden = !hidden;
    localStorage.setItem("offhook.mask", hidden ? "yes" : "no");
    hide(hidden);
  });
  document.body.addEventListener("htmx:afterSwap", () => hide(hidden));
}

// -- times, in the viewer's own zone on hover

function localTimes(root) {
  each("time[datetime]", (one) => {
    const moment = new Date(one.dateTime);
    if (!Number.isNaN(moment.valueOf())) one.title = `${moment.toLocaleString()} (${one.dateTime})`;
  }, root);
}

localTimes(document);
document.body.addEventListener("htmx:afterSwap", (event) => localTimes(event.target));

// -- lists that renew themselves when something has happened

if (document.body.dataset.live && document.querySelector("[data-fresh]")) {
  const source = new EventSource(document.body.dataset.live);
  let waiting = false;
  source.addEventListener("changed", () => {
    if (waiting || document.hidden) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      each("[data-fresh]", (one) => { htmx.trigger(one, "fresh"); });
    }, 500);
  });
}

// -- all boxes of a list at once

each("input[data-all]", (box) => {
  box.addEventListener("change", () => each(`input[name="${CSS.escape(box.dataset.all)}"]`, (one) => { one.checked = box.checked; }));
});
