// The case page: the claim stays alive while somebody works here, saving keeps the picture as it stands, and the
// signature is read back without leaving the page. Without this file every button still does its work by a page of its own.
import { autosave, tellLoggedOut, tellNot, tellSaved } from "./autosave.js";
import "./case-choices.js";
import { findingWords } from "./findings.js";
import { askForWords, lacksWords } from "./missing-words.js";
import { toast } from "./page.js";

const KEEP = 60000;
const form = document.getElementById("reading");
const kept = form ?? document.querySelector("#case-second [data-keep-url]"); // what the claim is kept for
const dialog = document.getElementById("sign");
let dirty = false; // text that nobody has saved
let armed = null; // the button that was warned about it
let signingUntil = 0; // performance.now() up to which no password is asked

if (kept) keepAlive();
if (form) {
  form.addEventListener("input", () => { dirty = true; armed = null; });
  form.addEventListener("click", onButton);
  form.elements.comment.addEventListener("keydown", onTyping);
}
if (form && dialog) readBack();
if (form) autosave(form, () => save(false), mayRun);

/** Only what has a button to save it is saved by itself; a second or third reader's words stay in the tab. */
function mayRun() {
  const saves = form.querySelector("[data-save]") !== null;
  return saves && dirty && !form.dataset.lost && dialog !== null && !dialog.open && Boolean(verdict());
}

function token() {
  return kept.elements.csrfmiddlewaretoken.value;
}

function post(url, body) {
  return fetch(url, { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": token() }, credentials: "same-origin" });
}

/** A sign of life every minute while somebody does something; an abandoned page lets the claim end. */
function keepAlive() {
  const idle = Number(kept.dataset.idleMinutes) * 60000;
  let last = Date.now();
  let warned = false;
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "input"]) {
    document.addEventListener(kind, () => { last = Date.now(); }, { passive: true });
  }
  const beat = async () => {
    if (kept.dataset.lost) return;
    const isIdle = Date.now() - last > idle;
    if (isIdle && !warned) toast(kept.dataset.wordIdle, 3600);
    warned = isIdle;
    if (isIdle) return;
    try {
      const answer = await post(kept.dataset.keepUrl);
      if (answer.redirected || answer.status === 403) return;
      const { message } = await answer.json();
      if (answer.status === 409) showLost(message);
      else document.getElementById("lease").textContent = message;
    } catch {
      toast(kept.dataset.wordUnreachable);
    }
  };
  setInterval(beat, KEEP);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) beat(); });
}

function showLost(message) {
  kept.dataset.lost = "yes";
  const place = document.getElementById("lost");
  place.querySelector("[data-lost-words]").textContent = message;
  place.hidden = false;
}

function onButton(event) {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.hasAttribute("data-save")) {
    event.preventDefault();
    save();
  }
  if (button.hasAttribute("data-sign") && lacksWords(form)) {
    event.preventDefault();
    askForWords(form);
  } else if (button.hasAttribute("data-sign") && dialog) {
    event.preventDefault();
    if (verdict()) readBackIfWhole();
    else say(form.dataset.wordVerdict, form.querySelector("input[name=verdict]"));
  }
  if (button.hasAttribute("data-leaves") && dirty && armed !== button) {
    event.preventDefault();
    armed = button;
    toast(form.dataset.wordLeave);
  }
}

function say(text, field) {
  toast(text);
  field?.focus();
}

/** Ctrl+Enter goes on to sign, Escape leaves the text so that the keys work again. */
function onTyping(event) {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "Escape") event.target.blur();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.querySelector("[data-sign]").click();
}

/** @param {boolean} asked by a person, not by the clock; the clock leads nobody away from the page */
async function save(asked = true) {
  const body = new FormData(form);
  body.delete("password");
  dirty = false; // what is typed from now on is not in it
  try {
    const answer = await post(form.action, body);
    if (answer.redirected || answer.status === 403) return notSaved(() => tellLoggedOut(form));
    if (answer.status === 409 && asked) return form.requestSubmit();
    const { message, version } = await answer.json();
    if (asked) toast(message);
    if (!answer.ok) return notSaved(() => tellNot(form, message));
    saved(version);
  } catch {
    if (asked) toast(form.dataset.wordUnreachable);
    notSaved(() => tellNot(form, form.dataset.wordUnreachable));
  }
}

function saved(version) {
  form.elements.version.value = version;
  if (dirty) return;
  tellSaved(form);
  form.dispatchEvent(new CustomEvent("form:saved", { bubbles: true }));
}

function notSaved(tell) {
  dirty = true;
  tell();
}

function verdict() {
  return form.querySelector("input[name=verdict]:checked");
}

function readBack() {
  signingUntil = performance.now() + Number(dialog.dataset.signingSeconds) * 1000 - 5000;
  const password = dialog.querySelector("[name=password]");
  const confirm = dialog.querySelector("[data-confirm-first]");
  password.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    confirm.click();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-closes]")) dialog.close();
    const button = event.target.closest("[data-confirm]");
    if (!button || needsNoPassword() || password.value) return;
    event.preventDefault();
    say(password.dataset.wordMissing, password);
  });
  dialog.addEventListener("close", () => { password.value = ""; });
}

function needsNoPassword() {
  return performance.now() < signingUntil;
}

/** What the browser itself finds missing is said beside its field, not behind the dialog. */
function readBackIfWhole() {
  if (form.reportValidity()) openReadBack();
}

function openReadBack() {
  const text = form.elements.comment.value.trim();
  const place = (name) => dialog.querySelector(`[data-readback="${name}"]`);
  place("verdict").textContent = verdict().dataset.keyLabel;
  place("comment").textContent = text || place("comment").dataset.wordNone;
  readBackIfSaid("findings", findingWords(form).join("\n"));
  if (form.elements.reason) place("reason").textContent = form.elements.reason.value.trim();
  const about = form.elements.about_model;
  if (about) readBackIfSaid("about-model", about.value && about.selectedOptions[0].textContent);
  dialog.querySelector("[data-password-part]").hidden = needsNoPassword();
  dialog.showModal();
  dialog.querySelector(needsNoPassword() ? "[data-confirm-first]" : "[name=password]").focus();
}

/** A line of the read-back that is there only if something was said. */
function readBackIfSaid(name, words) {
  for (const part of dialog.querySelectorAll(`[data-readback="${name}"], [data-readback-label="${name}"]`)) part.hidden = !words;
  dialog.querySelector(`[data-readback="${name}"]`).textContent = words;
}
