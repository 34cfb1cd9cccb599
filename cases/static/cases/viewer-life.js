// When a picture comes, when the graphics card loses it, and when it goes.
import { letGo } from "./viewer-draw.js";

const PATIENCE = 120; // ms, for browsers that do not tell when they have painted, and pictures that are not on the page

/** The image's pixels, taken once it is on the screen: that holds the page up, and the reader looks already. Null: broken. */
export async function takePicture(image) {
  if (!image.complete) await new Promise((done) => { image.onload = image.onerror = done; });
  if (!image.naturalWidth) return null;
  await Promise.race([painted(image), new Promise((done) => { setTimeout(done, PATIENCE); })]);
  return createImageBitmap(image, { colorSpaceConversion: "none" }).catch(() => null);
}

function painted(image) {
  return new Promise((done) => {
    const watch = (list) => { if (list.getEntries().some(({ element }) => element === image)) done(); };
    new PerformanceObserver(watch).observe({ type: "element", buffered: true });
  });
}

/** The card may lose a picture (sleep, another program): the processor draws until the card is there again. */
export function registerLoss(viewer) {
  const repaint = (event) => {
    if (!viewer.isConnected) return;
    event.preventDefault(); // else the context would not come back
    viewer.paintWith(viewer.picture);
    viewer.set({});
  };
  for (const kind of ["webglcontextlost", "webglcontextrestored"]) viewer.canvas.addEventListener(kind, repaint);
}

/** Taken from the page for good, as an earlier picture is from beside: the card's memory goes with it. */
export function leave(viewer) {
  queueMicrotask(() => {
    if (viewer.isConnected || !viewer.painter) return;
    viewer.painter.release();
    letGo(viewer.canvas);
  });
}
