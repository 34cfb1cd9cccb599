// An earlier picture of the patient beside the one that is read. Zoom and place go together while "Zoom together" is
// pressed: both show the same part, whatever their sizes. Windows stay each picture's own.
import { toast } from "./page.js";

const pane = document.querySelector("[data-beside]");
const linkButton = document.querySelector("[data-beside-link]");
const EQUAL = 1e-3;

function main() { return document.querySelector("[data-picture]:not([hidden]) pneumo-viewer"); }
function other() { return pane?.querySelector("pneumo-viewer"); }
function isLinked() { return linkButton?.getAttribute("aria-pressed") === "true"; }

async function open(button) {
  try {
    const answer = await fetch(button.dataset.besideSrc, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    const piece = new DOMParser().parseFromString(await answer.text(), "text/html");
    // The keys belong to the picture that is read.
    for (const element of piece.querySelectorAll("[data-key]")) element.removeAttribute("data-key");
    pane.replaceChildren(...piece.body.childNodes);
    lay(button);
  } catch {
    toast(pane.dataset.wordFailed);
  }
}

function lay(button) {
  pane.hidden = !button;
  pane.parentElement.toggleAttribute("data-has-beside", Boolean(button));
  linkButton.hidden = linkButton.disabled = !button;
  for (const each of document.querySelectorAll("[data-beside-src]")) each.setAttribute("aria-pressed", String(each === button));
  if (!button) pane.replaceChildren();
}

/** Which part is shown: the zoom against fitting, and how far the middle lies off, in sizes of the picture. */
function partOf({ view, canvas, lying, fitScale }) {
  return [view.scale / fitScale, (view.x - canvas.width / 2) / (view.scale * lying.width), (view.y - canvas.height / 2) / (view.scale * lying.height)];
}

function read(viewer) { return partOf({ view: viewer.view, canvas: viewer.canvas, lying: viewer.lying, fitScale: viewer.fitScale() }); }

const told = new WeakMap(); // viewer: the part that it was told to show; its own change to that is an echo

function isSame(one, two) { return Boolean(one && two) && one.every((value, index) => Math.abs(value - two[index]) < EQUAL); }

function follow(leader, follower) {
  if (!leader?.painter || !follower?.painter) return;
  const part = read(leader);
  told.set(follower, part);
  if (isSame(read(follower), part)) return;
  const [zoom, x, y] = part;
  const scale = zoom * follower.fitScale();
  follower.fitted = leader.fitted;
  follower.set({ scale, x: follower.canvas.width / 2 + x * scale * follower.lying.width, y: follower.canvas.height / 2 + y * scale * follower.lying.height });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-beside-src]");
  if (button && pane) {
    if (button.getAttribute("aria-pressed") === "true") lay(null);
    else open(button);
  }
  if (!event.target.closest("[data-beside-link]")) return;
  linkButton.setAttribute("aria-pressed", String(!isLinked()));
  if (isLinked()) follow(main(), other());
});
document.addEventListener("viewer:change", ({ target }) => {
  const [here, there] = [main(), other()];
  if (!isLinked() || !there || (target !== here && target !== there)) return;
  // A picture that has just come follows the one that is read.
  if (target === here || !told.has(there)) follow(here, there);
  else if (!isSame(read(there), told.get(there))) follow(there, here);
});
