// The heat map over the picture: off at first, asked for by its button or H, laid over the viewer as a canvas of its own.
// Every block [data-heat="RADIOGRAPH"] belongs to the picture [data-picture="RADIOGRAPH"]; the server fills the blocks anew
// when a map is ready (live.js). What this page has switched on, and how opaque, is kept here.
import { toast } from "./page.js";
import { matrixOf } from "./viewer-place.js";

const shown = new Map(); // radiograph: the canvas that lies over its picture, or null while it is still being made
let opacity = 0.6;

function blockOf(radiograph) { return document.querySelector(`[data-heat="${radiograph}"]`); }
function viewerOf(radiograph) { return document.querySelector(`[data-picture="${radiograph}"] pneumo-viewer`); }

async function show(radiograph) {
  shown.set(radiograph, null);
  const block = blockOf(radiograph);
  const viewer = viewerOf(radiograph);
  if (block?.dataset.heatState !== "done" || !viewer) return;
  const image = new Image();
  image.src = block.dataset.heatSrc;
  try {
    await Promise.all([image.decode(), viewer.loading]);
  } catch {
    shown.delete(radiograph);
    toast(block.dataset.wordFailed);
  }
  if (shown.get(radiograph) === null && viewer.canvas) cover(radiograph, viewer, image);
  settle();
}

function cover(radiograph, viewer, image) {
  const layer = document.createElement("canvas");
  layer.className = "heat-layer";
  layer.setAttribute("aria-hidden", "true");
  viewer.canvas.after(layer);
  layer.paint = () => paint(layer, viewer, image);
  layer.legend = blockOf(radiograph).querySelector("[data-heat-legend]").content.firstElementChild.cloneNode(true);
  viewer.stage.append(layer.legend);
  shown.set(radiograph, layer);
  layer.paint();
}

function paint(layer, viewer, image) {
  const { view, size, canvas } = viewer;
  if (layer.width !== canvas.width || layer.height !== canvas.height) Object.assign(layer, { width: canvas.width, height: canvas.height });
  const context = layer.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, layer.width, layer.height);
  context.setTransform(...matrixOf(view), view.x, view.y);
  context.globalAlpha = opacity;
  context.drawImage(image, -size.width / 2, -size.height / 2, size.width, size.height);
}

function hide(radiograph) {
  shown.get(radiograph)?.legend.remove();
  shown.get(radiograph)?.remove();
  shown.delete(radiograph);
  settle();
}

/** Only the shown picture's block is to be seen; its button, and the slider in the picture's corner, say how things are. */
function settle() {
  const blocks = [...document.querySelectorAll("[data-heat]")];
  for (const block of blocks) {
    const picture = document.querySelector(`[data-picture="${block.dataset.heat}"]`);
    block.hidden = block.inert = blocks.length > 1 && (!picture || picture.hidden);
    block.querySelector("[data-heat-toggle]")?.setAttribute("aria-pressed", String(Boolean(shown.get(block.dataset.heat))));
  }
  for (const slider of document.querySelectorAll("[data-heat-opacity]")) slider.value = Math.round(opacity * 100);
}

function makeAsOpaque(share) {
  opacity = Math.min(Math.max(share, 0), 1);
  for (const layer of shown.values()) layer?.paint();
}

/** What was asked for and is ready now appears; what is no longer to be shown goes. */
function renew() {
  for (const [radiograph, layer] of [...shown]) {
    const state = blockOf(radiograph)?.dataset.heatState;
    if (!layer && state === "done") show(radiograph);
    else if (state === undefined || state === "unreliable" || state === "failed") hide(radiograph);
  }
  settle();
}

/** Asks by a request of its own, so that typed text and the picture's window stay. */
async function ask(form) {
  const { heat } = form.closest("[data-heat]").dataset;
  shown.set(heat, null);
  form.querySelector("button").setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    document.dispatchEvent(new CustomEvent("live:look"));
  } catch {
    hide(heat);
    form.querySelector("button").removeAttribute("aria-busy");
    toast(form.closest("[data-heat]").dataset.wordFailed);
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-heat-ask]")) return;
  event.preventDefault();
  if (!shown.has(event.target.closest("[data-heat]").dataset.heat)) ask(event.target);
}, true);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-heat-toggle]");
  if (button) {
    const { heat } = button.closest("[data-heat]").dataset;
    if (shown.has(heat)) hide(heat);
    else show(heat);
  }
  const step = event.target.closest("[data-heat-step]");
  if (step) {
    makeAsOpaque(opacity + Number(step.dataset.heatStep) / 100);
    settle();
  }
  if (event.target.closest("[data-picture-tab], [data-picture-step]")) setTimeout(settle);
});
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-heat-opacity]")) return;
  makeAsOpaque(Number(event.target.value) / 100);
});
document.addEventListener("viewer:change", (event) => {
  shown.get(event.target.closest("[data-picture]")?.dataset.picture)?.paint();
});
document.addEventListener("live:update", renew);
settle();
