// Changes arrive by themselves: an event says that something changed, the page fetches its parts again (rights are checked
// again by that). The row under the hand never moves, the focus and the scroll stay. Without the stream: every 5 seconds.

import { morph, remember } from "./morph.js";

const SOON = 300; // ms; several events in a row make one fetch (views.py of the worklist counts on it)
const SPREAD = 500; // ms; fifty open pages do not ask in the same instant
const POLL = 5000;
const SAFETY = 60000; // an event may be lost with the broker: look once a minute anyway
const REOPEN = 20000;

class Live {
  constructor(home) {
    this.url = home.dataset.liveUrl;
    this.fragment = home.dataset.liveFragment || location.href;
    this.only = home.dataset.liveOnly;
    this.mark = document.getElementById("live-mark");
    this.fetching = this.again = false;
    this.latest = null;
    for (const part of document.querySelectorAll("[data-live-part][id]")) remember(part);
    this.say("connecting");
    this.open();
    setInterval(() => { if (this.state === "live") this.soon(); }, SAFETY);
    for (const kind of ["visibilitychange", "live:look" /* sent by a script that changed something */]) document.addEventListener(kind, () => { if (!document.hidden) this.soon(); });
    for (const kind of ["pointerout", "focusout"]) document.addEventListener(kind, () => this.settle());
  }

  say(state) {
    this.state = state;
    if (!this.mark) return;
    this.mark.hidden = false;
    this.mark.dataset.liveState = state;
    const word = this.mark.getAttribute(`data-word-${state}`);
    if (this.mark.textContent !== word) this.mark.textContent = word;
  }

  open() {
    if (!this.url || !("EventSource" in window)) return this.poll();
    const source = new EventSource(this.url);
    source.onopen = () => {
      clearInterval(this.polling);
      this.polling = null;
      if (this.state !== "live") this.soon(); // what changed while nobody listened
      this.say("live");
    };
    source.onmessage = (event) => { if (this.concerns(event.data)) this.soon(); };
    source.onerror = () => {
      this.poll();
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.open(), REOPEN);
    };
    addEventListener("pagehide", () => source.close(), { once: true });
  }

  poll() {
    if (this.state === "stopped") return;
    this.say("polling");
    this.polling ||= setInterval(() => { if (!document.hidden) this.refresh(); }, POLL);
  }

  concerns(data) {
    return !this.only || data === "refresh" || data === this.only;
  }

  soon() {
    this.timer ||= setTimeout(() => { this.timer = null; this.refresh(); }, SOON + SPREAD * Math.random());
  }

  async refresh() {
    if (this.state === "stopped") return;
    if (this.fetching) { this.again = true; return; }
    this.fetching = true;
    try {
      const answer = await fetch(this.fragment, { headers: { "X-Fragment": "1", Accept: "text/html" }, credentials: "same-origin" });
      if (answer.status === 401 || answer.status === 403 || answer.redirected) return this.stop();
      if (answer.ok) this.take(await answer.text());
    } catch { /* the next event or the poll tries again */ } finally {
      this.fetching = false;
      if (this.again) { this.again = false; this.soon(); }
    }
  }

  stop() {
    clearInterval(this.polling);
    this.say("stopped");
  }

  take(html) {
    this.latest = new DOMParser().parseFromString(html, "text/html");
    if (this.latest.title) document.title = this.latest.title;
    update(document, this.latest);
    document.dispatchEvent(new CustomEvent("live:update"));
  }

  /** When the hand has left a list that was held back, its true order comes. */
  settle() {
    const left = (list) => heldRow(list)?.id !== list.dataset.liveHeld;
    requestAnimationFrame(() => {
      if (this.latest && [...document.querySelectorAll("[data-live-held]")].some(left)) update(document, this.latest);
    });
  }
}

/** Replaces every [data-live-part] of `page` by its namesake in `answer`. Exported for tests. */
export function update(page, answer) {
  for (const part of page.querySelectorAll("[data-live-part][id]")) {
    const fresh = answer.getElementById(part.id);
    if (!fresh || part.hasAttribute("data-live-pause")) continue;
    if (part.hasAttribute("data-live-rows")) updateRows(part, fresh);
    else morph(part, fresh);
  }
}

function updateRows(list, fresh) {
  const rows = new Map([...list.children].filter((row) => row.id).map((row) => [row.id, row]));
  const held = heldRow(list);
  const place = held ? [...list.children].indexOf(held) : -1;
  const isKnown = (row) => rows.has(row.id) || !list.hasAttribute("data-live-known"); // upload.js is adding rows itself
  const wanted = [...fresh.children].filter(isKnown).map((row) => renew(rows.get(row.id), row));
  const order = wanted.filter((row) => row !== held);
  // Rows that this page alone knows (a file being sent) stay on top.
  order.unshift(...[...list.children].filter((row) => row.hasAttribute("data-local") && row !== held));
  if (held) {
    held.classList.toggle("row-gone", !wanted.includes(held) && !held.hasAttribute("data-local"));
    order.splice(Math.min(place, order.length), 0, held);
  }
  if (held) list.dataset.liveHeld = held.id;
  else delete list.dataset.liveHeld;
  arrange(list, order, held);
}

function heldRow(list) {
  const isHeld = (row) => row.matches(":hover") || row.contains(document.activeElement);
  return [...list.children].find(isHeld);
}

function renew(row, fresh) {
  if (!row) {
    const added = document.importNode(fresh, true);
    added.classList.add("row-changed");
    return added;
  }
  const version = row.dataset.version;
  const changed = morph(row, fresh);
  row.removeAttribute("data-local"); // the server knows it now
  row.classList.remove("row-changed", "row-gone");
  // A row with data-version is marked when that changes, not when its waiting time does.
  if (version === undefined ? changed : version !== row.dataset.version) {
    void row.offsetWidth; // starts the animation anew
    row.classList.add("row-changed");
  }
  return row;
}

/** Puts the children in this order without ever taking the held one out of the document (it would lose the focus). */
function arrange(list, order, held) {
  const keep = new Set(order);
  for (const row of [...list.children]) if (!keep.has(row)) row.remove();
  const cut = held ? order.indexOf(held) : order.length;
  order.slice(0, cut).forEach((row, index) => {
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] || null);
  });
  let last = held;
  for (const row of order.slice(cut + 1)) {
    if (last.nextElementSibling !== row) last.after(row);
    last = row;
  }
}

const home = document.querySelector("[data-live-url], [data-live-fragment]");
if (home) new Live(home);
