// The phone without reloading. The page works without this file: it sends by a form and shows what there is when it is loaded.
"use strict";

const GSM = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const DOUBLE = new Set("^{}\\[~]|€");
const MOST = 400; // bubbles on the page; older ones are there after a reload

const phone = document.getElementById("phone");
const list = document.getElementById("bubbles");
const people = document.getElementById("people");
const news = document.getElementById("news");
const form = document.getElementById("compose");
const text = document.getElementById("body");
const counter = document.getElementById("counter");
const trouble = document.getElementById("trouble");
const file = form.elements.file;

// The rule of providers/drafts.py: 160 of GSM 03.38 or 70 of UCS-2 in one segment, 153 or 67 in each of several.
function segments(body) {
  const gsm = Array.from(body).every((each) => GSM.has(each) || DOUBLE.has(each));
  const doubles = Array.from(body).filter((each) => DOUBLE.has(each)).length;
  const length = gsm ? body.length + doubles : body.length;
  const [single, each] = gsm ? [160, 153] : [70, 67];
  const count = length <= single ? 1 : Math.ceil(length / each);
  return { length, count, alphabet: gsm ? "GSM-7" : "UCS-2", room: (count === 1 ? single : count * each) - length };
}

function count() {
  const { length, count: parts, alphabet, room } = segments(text.value);
  counter.textContent = text.value
    ? `${length} · ${parts} segment${parts === 1 ? "" : "s"} · ${alphabet} · room for ${room}`
    : "Enter sends, Shift+Enter begins a new line";
}

function localTimes(within) {
  for (const time of within.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    time.textContent = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    time.title = `${at.toLocaleString()} (${time.dateTime})`;
  }
}

// The server has made this HTML, with whatever came from outside as text only.
function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  localTimes(template.content);
  return template.content.firstElementChild;
}

function atEnd() {
  return list.scrollHeight - list.scrollTop - list.clientHeight < 80;
}

function toEnd() {
  list.scrollTop = list.scrollHeight;
}

// Who looks at the newest message goes on doing so: when a picture comes, the window changes, or the keyboard of a real phone opens.
let following = true;
list.addEventListener("scroll", () => (following = atEnd()));
new ResizeObserver(() => following && toEnd()).observe(list);
list.addEventListener("load", () => following && toEnd(), true);

function showBubble(html) {
  const bubble = element(html);
  const old = document.getElementById(bubble.id);
  if (old) {
    const focused = old.contains(document.activeElement) ? document.activeElement.textContent : null;
    old.replaceWith(bubble);
    if (focused !== null) (Array.from(bubble.querySelectorAll("a, button")).find((each) => each.textContent === focused) ?? text).focus();
  } else {
    bubble.classList.add("new");
    list.append(bubble);
    while (list.children.length > MOST) list.firstElementChild.remove();
  }
  document.getElementById("empty")?.remove();
  if (following) toEnd();
}

function showEntry(html, here) {
  const entry = element(html);
  const old = document.getElementById(entry.id);
  const focused = old?.contains(document.activeElement);
  const isNew = !old || old.textContent !== entry.textContent;
  if (!isNew) return;
  if (here) entry.firstElementChild.setAttribute("aria-current", "page");
  else entry.classList.add("unread");
  old?.remove();
  people.prepend(entry);
  if (focused) entry.firstElementChild.focus();
}

function happened(event) {
  const told = JSON.parse(event.data);
  const here = told.key === phone.dataset.key;
  if (here) showBubble(told.bubble);
  showEntry(told.entry, here);
  if (here) document.getElementById("opted-out").hidden = !told.opted_out;
  if (here && told.news) news.textContent = told.news;
  phone.dataset.place = event.lastEventId;
}

// Reads everything anew: after a restart of the server, or when too much has been missed.
async function refresh() {
  const answer = await fetch(phone.dataset.address, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const [mine, id] of [[list, "bubbles"], [people, "people"]]) {
    mine.replaceChildren(...page.getElementById(id).children);
    localTimes(mine);
  }
  document.getElementById("opted-out").hidden = page.getElementById("opted-out").hidden;
  phone.dataset.place = page.getElementById("phone").dataset.place;
  toEnd();
}

let source = null;
function listen() {
  if (source) return;
  source = new EventSource(`${phone.dataset.events}?drawn&after=${encodeURIComponent(phone.dataset.place)}`);
  source.addEventListener("message", happened);
  source.addEventListener("reset", () => {
    hush();
    refresh().catch(() => {}).finally(() => setTimeout(listen, 500));
  });
  source.addEventListener("error", () => {
    // The browser tries again by itself, unless the answer was no stream.
    if (source && source.readyState === EventSource.CLOSED) {
      hush();
      setTimeout(listen, 2000);
    }
  });
}

function hush() {
  source?.close();
  source = null;
}

// A browser has few connections for each server: a page that nobody sees gives its own back.
document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen()));
addEventListener("pagehide", hush);
addEventListener("pageshow", (event) => event.persisted && listen());

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const word = event.submitter?.name === "word" ? event.submitter.value : "";
  const draft = word || text.value;
  if (!draft && !file.files.length) return;
  const data = new FormData(form);
  if (word) {
    data.set("body", word);
    data.delete("file");
  } else {
    text.value = "";
    file.value = "";
  }
  trouble.hidden = true;
  chosen();
  count();
  text.focus();
  toEnd();
  try {
    const answer = await fetch(form.action, { method: "POST", body: data, headers: { accept: "application/json" } });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.message);
  } catch (error) {
    trouble.textContent = error instanceof TypeError ? "Offhook does not answer: is `offhook dev` still running?" : error.message;
    trouble.hidden = false;
    if (!word && !text.value) text.value = draft;
    count();
  }
});

// "Deliver it again": what comes of it arrives as an event.
list.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter;
  button.disabled = true;
  button.textContent = "Your app is asked …";
  try {
    await fetch(event.target.action, { method: "POST", headers: { accept: "application/json" } });
  } finally {
    button.disabled = false;
    button.textContent = "Deliver it again";
  }
});

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit(document.getElementById("send"));
  }
});
text.addEventListener("input", count);

function chosen() {
  const label = file.closest("label");
  const picked = file.files.length > 0;
  label.classList.toggle("chosen", picked);
  label.firstChild.textContent = picked ? "1 picture" : "Picture";
  label.title = picked ? file.files[0].name : "";
}
file.addEventListener("change", chosen);

const switching = document.getElementById("switch");
switching.addEventListener("change", () => switching.requestSubmit());
switching.querySelector("button").hidden = true;

localTimes(document);
count();
chosen();
toEnd();
listen();
