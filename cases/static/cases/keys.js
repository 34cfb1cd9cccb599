// One keyboard map for the page. A key belongs to an element: <button data-key="s" data-key-label="Sign">. Pressing it
// clicks the element (or focuses a text field). Modules add keys without an element by registerKeys([{key, label, action}]).
// Nothing fires while somebody types, composes Korean, or holds Ctrl, Alt or Meta. "?" shows the sheet.
// A reader's own keys stand in the sheet's data-keys (the product's key: the own one) and take the place of the product's.

const added = [];

/** @param {{key: string, label: string, group?: string, action: () => void}[]} entries */
export function registerKeys(entries) {
  added.push(...entries);
}

const TYPING = "textarea, select, [contenteditable]:not([contenteditable='false']), input:not([type=radio], [type=checkbox], [type=button], [type=submit], [type=range])";
const PRESSABLE = "button, a[href], summary, input, [role=button]";

export function mayFire(event) {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return false;
  if (event.ctrlKey || event.altKey || event.metaKey) return false;
  const target = event.target instanceof Element ? event.target : document.body;
  if (target.closest(TYPING)) return false;
  // Space and Enter belong to what is focused, the arrows to sliders and radio buttons.
  if (event.key === " " || event.key === "Enter") return !target.closest(PRESSABLE);
  return !(event.key.startsWith("Arrow") && target.closest("input"));
}

/** The key as the map writes it. A Korean layout sends "ㅓ" for J: then the physical key counts. */
export function nameOf(event) {
  if (event.key === " ") return "space";
  const letter = /^Key([A-Z])$/.exec(event.code || "");
  if (letter && event.key.length === 1 && !/^[\x20-\x7e]$/.test(event.key)) return letter[1].toLowerCase();
  return event.key.toLowerCase();
}

const own = JSON.parse(document.getElementById("key-sheet")?.dataset.keys || "{}");

/** The keys of something whose data-key is `usual`: the reader's own, else the product's. */
export function keysOf(usual) { return own[usual] ? [own[usual]] : usual.split(" "); }

/** The keys of an element; with data-key-fixed they are the product's, as the figures beside a list's first nine. */
function keysAt(element) {
  const { key, keyFixed } = element.dataset;
  return keyFixed === undefined ? keysOf(key) : key.split(" ");
}

function scope() {
  return document.querySelector("dialog[open]") || document;
}

function isReachable(element) {
  if (element.disabled || element.getAttribute("aria-disabled") === "true" || element.closest("[inert]")) return false;
  const dialog = element.closest("dialog");
  return !dialog || dialog.open;
}

export function elementFor(name) {
  const found = [...scope().querySelectorAll("[data-key]")];
  return found.find((element) => keysAt(element).includes(name) && isReachable(element));
}

function press(element) {
  if (element.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=submit], [type=button])")) {
    element.focus();
    return;
  }
  element.click();
  if (element.matches("input")) element.focus();
  // What unfolds by a key is to be seen at once, wherever the page stands.
  if (element.matches("summary")) requestAnimationFrame(() => element.parentElement.scrollIntoView({ block: "nearest" }));
}

function onKeyDown(event) {
  if (!mayFire(event)) return;
  const name = nameOf(event);
  const entry = scope() === document ? added.find((item) => keysOf(item.key).includes(name)) : undefined;
  const element = entry ? null : elementFor(name);
  if (!entry && !element) return;
  event.preventDefault();
  if (entry) entry.action(event);
  else press(element);
}

function labelOf(element) {
  const written = element.dataset.keyLabel || element.getAttribute("aria-label") || element.title;
  const words = (element.labels?.[0] || element).cloneNode(true);
  for (const cap of words.querySelectorAll("kbd")) cap.remove();
  return (written || words.textContent).replace(/\s+/g, " ").trim();
}

function* keysOnPage(sheet) {
  const group = sheet.dataset.groupPage;
  for (const element of document.querySelectorAll("[data-key]")) {
    if (element.disabled || element.closest("dialog") === sheet) continue;
    const home = element.closest("[data-key-group]");
    yield { keys: keysAt(element), label: labelOf(element), group: home ? home.dataset.keyGroup : group };
  }
  for (const entry of added) yield { group, ...entry, keys: keysOf(entry.key) };
}

function fillSheet(sheet) {
  const groups = new Map();
  for (const entry of keysOnPage(sheet)) groups.set(entry.group, [...(groups.get(entry.group) || []), entry]);
  const list = sheet.querySelector("[data-key-list]");
  list.replaceChildren(...[...groups].flatMap(([group, entries]) => [heading(group), listOf(entries)]));
}

function heading(text) {
  const element = document.createElement("h3");
  element.textContent = text;
  return element;
}

function listOf(entries) {
  const list = document.createElement("ul");
  list.className = "keys";
  for (const entry of entries) {
    const item = document.createElement("li");
    const label = document.createElement("span");
    label.textContent = entry.label;
    const keys = document.createElement("span");
    for (const key of entry.keys) keys.append(keyCap(key), " ");
    item.append(label, keys);
    list.append(item);
  }
  return list;
}

const CAPS = { arrowup: "↑", arrowdown: "↓", arrowleft: "←", arrowright: "→", escape: "Esc", enter: "Enter", space: "Space" };

function wordOf(key) { return CAPS[key] || key.toUpperCase(); }

function keyCap(key) {
  const cap = document.createElement("kbd");
  cap.textContent = wordOf(key);
  return cap;
}

document.addEventListener("keydown", onKeyDown);

/** Buttons say their keys: to listeners, in the tip under the pointer, and on the cap that stands on some. */
function announce() {
  for (const element of document.querySelectorAll("[data-key]")) {
    const keys = keysAt(element);
    element.setAttribute("aria-keyshortcuts", keys.join(" "));
    if (element.title) element.title = `${element.dataset.title ??= element.title} (${wordOf(keys[0])})`;
    const cap = element.dataset.keyFixed === undefined && own[element.dataset.key] && element.querySelector("kbd");
    if (cap) cap.textContent = wordOf(keys[0]);
  }
}
announce();
document.addEventListener("live:update", announce);
const sheet = document.getElementById("key-sheet");
if (sheet) document.addEventListener("dialog:open", (event) => { if (event.target === sheet) fillSheet(sheet); });
