// A picture that its reader has turned lies so from then on: kept a quarter of a second after the last turn, or at once
// when the page is left. The form [data-turn] beside the viewer holds what was kept last; without it nothing is kept.
import { toast } from "./page.js";

const PAUSE = 250;
const waiting = new Map(); // form: timer
let last = Promise.resolve(); // one after the other, so that the last turn is the one that stays

function codeOf({ rotate, flip }) { return `${rotate}${flip ? "f" : ""}`; }

async function send(form) {
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, credentials: "same-origin", keepalive: true });
    if (answer.ok && !answer.redirected) return;
    const { message } = answer.status === 409 ? await answer.json() : {};
    toast(message ?? form.dataset.wordNot);
  } catch {
    toast(form.dataset.wordNot);
  }
}

function sendAll(by) {
  for (const [form, timer] of waiting) {
    clearTimeout(timer);
    waiting.delete(form);
    by(form);
  }
}

/** From a page that is being taken down: the browser sends it for us, and nobody hears the answer. */
function leave(form) { navigator.sendBeacon(form.action, new FormData(form)); }

function wait(form) {
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(() => {
    waiting.delete(form);
    last = last.then(() => send(form));
  }, PAUSE));
}

document.addEventListener("viewer:change", ({ target }) => {
  const form = target.closest("[data-picture]")?.querySelector("[data-turn]");
  const code = codeOf(target.orientation);
  if (!form || form.elements.orientation.value === code) return;
  form.elements.orientation.value = code;
  for (const image of document.querySelectorAll(`[data-lies="${form.dataset.turn}"]`)) image.className = `lies-${code}`;
  wait(form);
});
// A button or a link that leads away: it goes before them. The rest of the ways out are the browser's own.
document.addEventListener("submit", () => sendAll(send), true);
document.addEventListener("click", ({ target }) => { if (target.closest?.("a[href]")) sendAll(send); }, true);
addEventListener("pagehide", () => sendAll(leave));
