// What somebody has typed and nobody has saved stays in this tab (sessionStorage), by user and case: it survives a login
// that has timed out, and is gone with the tab, after saving or signing, and when its writer logs out. Not in
// localStorage: a text about a patient does not stay on a machine that many people use.
import { siteTime } from "./clock.js";

const HEAD = "draft:";

function keyOf(form) { return `${HEAD}${form.dataset.user}:${form.dataset.case}`; }

/** The form's words: verdict, comment, an amendment's reason and the lists of findings, as pairs. */
export function wordsOf(form) {
  return [...new FormData(form)].filter(([name]) => /^(verdict|comment|reason|about_model|findings_\w+)$/.test(name));
}

function said(words) { return JSON.stringify(words.filter(([, value]) => value.trim())); }

/** Keep what stands in the form; false where this browser keeps nothing. */
export function keepDraft(form) {
  try {
    sessionStorage.setItem(keyOf(form), JSON.stringify({ at: Date.now(), words: wordsOf(form) }));
    return true;
  } catch {
    return false;
  }
}

/** The kept words of this form's case and reader, if they differ from what stands in it. */
function draftOf(form) {
  const draft = read(keyOf(form));
  return draft && said(draft.words) !== said(wordsOf(form)) ? draft : null;
}

function read(key) {
  try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; }
}

export function dropDraft(form) {
  try { sessionStorage.removeItem(keyOf(form)); } catch { /* nothing was kept */ }
}

/** Only the server knows that a signature was taken: its message names user and case. */
function dropSigned() {
  try {
    for (const mark of document.querySelectorAll("[data-signed]")) sessionStorage.removeItem(HEAD + mark.dataset.signed);
  } catch { /* nothing was kept */ }
}

function dropAll() {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(HEAD)) sessionStorage.removeItem(key);
  } catch { /* nothing was kept */ }
}

dropSigned();
document.addEventListener("submit", (event) => { if (event.target.matches("[data-logs-out]")) dropAll(); });

/** Words that were kept and never saved are offered, not put in by themselves: something else may be saved since. */
export function offerDraft(form) {
  const draft = draftOf(form);
  const place = document.getElementById("kept-words");
  if (!draft) return;
  place.querySelector("[data-kept-at]").textContent = siteTime(draft.at);
  place.hidden = false;
  place.querySelector("[data-puts-back]").addEventListener("click", () => { putBack(form, draft); place.hidden = true; });
  place.querySelector("[data-drops]").addEventListener("click", () => { dropDraft(form); place.hidden = true; });
}

/** Put the kept words into the form; lines of findings are made as they are needed. */
function putBack(form, draft) {
  const values = (name) => draft.words.filter(([key]) => key === name).map(([, value]) => value);
  for (const radio of form.querySelectorAll("input[name=verdict]")) radio.checked = values("verdict").includes(radio.value);
  form.elements.comment.value = values("comment")[0] || "";
  for (const name of ["about_model", "reason"]) if (form.elements[name]) form.elements[name].value = values(name)[0] || "";
  for (let line = 0; line < values("findings_pattern").length; line += 1) {
    for (const part of ["pattern", "side", "zone"]) {
      const list = form.querySelectorAll(`[name=findings_${part}]`)[line];
      if (!list) continue;
      list.value = values(`findings_${part}`)[line];
      list.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
}
