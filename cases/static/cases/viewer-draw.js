// Draws one picture into a canvas: WebGL2 where a graphics card draws, else a lookup table over a 2-D canvas.
// A view is {scale, x, y, rotate, flip, centre, width, invert}: screen pixels per picture pixel, the picture's middle on
// the canvas in canvas pixels, the clockwise rotation, mirrored left to right before turning, the window in grey levels
// of the 8-bit rendition (0..255; a picture of more bits goes beyond both ends).
import { makeGlPainter } from "./viewer-gl.js";
import { contextOf, makeDeepTablePainter, makeTablePainter } from "./viewer-table.js";

/**
 * @param picture an ImageBitmap, or what viewer-deep.js unpacked
 * @param size {width, height} of the radiograph: a rendition may be smaller
 * @returns {{draw: (view) => void, kind: string}}
 */
export function makePainter(canvas, picture, size = picture) {
  return (fitsCard(picture) && makeGlPainter(canvas, picture, size)) || makeProcessorPainter(canvas, picture, size);
}

/** Whether this picture can take the place of one that the graphics card draws already. */
export function canReplace(picture) { return largestTexture() === 0 || fitsCard(picture); }

function fitsCard({ width, height }) { return Math.max(width, height) <= largestTexture(); }

/** Without a graphics card; for small canvases (the magnifier) the quicker one anyway. */
export function makeProcessorPainter(canvas, picture, size = picture) {
  if (!contextOf(canvas)) return makeStandIn(canvas, picture, size);
  return picture.levels ? makeDeepTablePainter(canvas, picture, size) : makeTablePainter(canvas, picture, size);
}

/** A canvas that the card has had can't be drawn by the processor: one of its own lies over it, until it is released. */
function makeStandIn(canvas, picture, size) {
  const over = document.createElement("canvas");
  over.className = "viewer-stand-in";
  over.setAttribute("aria-hidden", "true");
  canvas.after(over);
  const painter = makeProcessorPainter(over, picture, size);
  const draw = (view) => {
    if (over.width !== canvas.width || over.height !== canvas.height) Object.assign(over, { width: canvas.width, height: canvas.height });
    painter.draw(view);
  };
  return { draw, kind: painter.kind, release: () => over.remove() };
}

/** Gives the card's memory back; the canvas draws no more. */
export function letGo(canvas) {
  canvas.getContext("webgl2")?.getExtension("WEBGL_lose_context")?.loseContext();
}

let largest; // asked once: each answer costs a context

/** Longest side that a graphics card takes; 0 without one: a GL drawn by the processor takes 20 times what the table does. */
function largestTexture() {
  largest ??= askCard();
  return largest;
}

function askCard() {
  const gl = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (!gl) return 0;
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name = gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  const found = /software|swiftshader|llvmpipe|basic render/i.test(name) ? 0 : gl.getParameter(gl.MAX_TEXTURE_SIZE);
  letGo(gl.canvas);
  return found;
}
