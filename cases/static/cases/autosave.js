// Saving by itself, and one line that says how things stand: saved at, kept in this browser only, or not saved and why.
import { siteTime } from "./clock.js";
import { dropDraft, keepDraft, offerDraft } from "./drafts.js";

const PAUSE = 15000; // ms without a change; each save is an entry in the case's record
let timer = 0;
let running = null; // the save that is on its way

/**
 * @param {HTMLFormElement} form
 * @param {() => Promise<boolean>} save what saves, and tells whether it did
 * @param {() => boolean} mayRun whether saving by itself is right now
 */
export function autosave(form, save, mayRun) {
  const run = () => {
    if (!mayRun()) {
      timer = setTimeout(run, PAUSE);
      return;
    }
    running = save().finally(() => { running = null; });
  };
  form.addEventListener("input", () => {
    keepWords(form);
    clearTimeout(timer);
    timer = setTimeout(run, PAUSE);
  });
  // A signature waits for the save that is on its way: otherwise it would meet its own reader's newer version.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!running) return;
    event.preventDefault();
    running.then(() => form.requestSubmit(event.submitter));
  });
  offerDraft(form);
}

/** In this tab, where it can; the line says which. */
export function keepWords(form) {
  show(form, keepDraft(form) ? form.dataset.wordKept : form.dataset.wordNowhere);
}

/** The line; `{time}` becomes now. */
function show(form, words, loud = false) {
  const line = document.getElementById("autosave");
  line.textContent = words.replace("{time}", siteTime());
  line.classList.toggle("tone-warning", loud);
}

export function tellSaved(form) {
  clearTimeout(timer);
  dropDraft(form);
  show(form, form.dataset.wordSaved);
}

export function tellNot(form, why) {
  show(form, form.dataset.wordNot.replace("{why}", why), true);
}

/** The login has ended: the text stays in this tab, and the way to the login and back is one link. */
export function tellLoggedOut(form) {
  tellNot(form, form.dataset.wordLoggedOut);
  const link = document.createElement("a");
  link.href = form.dataset.loginUrl;
  link.textContent = form.dataset.wordLogIn;
  link.addEventListener("click", () => form.dispatchEvent(new CustomEvent("form:saved", { bubbles: true })));
  document.getElementById("autosave").append(" ", link);
}
