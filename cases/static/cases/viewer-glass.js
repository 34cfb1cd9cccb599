// The magnifier: a round window over the pointer that shows what lies under it two and a half times larger, drawn from
// the picture itself and not from the screen.
import { makeProcessorPainter } from "./viewer-draw.js";

const SIDE = 220; // CSS pixels
const LARGER = 2.5;

export function registerGlass(viewer) {
  let lens, painter, drawnFrom, last;
  const remove = () => { lens?.remove(); lens = undefined; };
  const show = () => {
    if (!("glass" in viewer.dataset) || !last) return remove();
    if (!lens) {
      lens = document.createElement("canvas");
      lens.className = "viewer-glass";
      lens.setAttribute("aria-hidden", "true");
      viewer.stage.append(lens);
      drawnFrom = undefined;
    }
    if (drawnFrom !== viewer.picture) painter = makeProcessorPainter(lens, viewer.picture, viewer.size);
    drawnFrom = viewer.picture;
    paint();
  };
  const paint = () => {
    const ratio = viewer.canvas.width / viewer.canvas.getBoundingClientRect().width;
    const side = Math.round(SIDE * ratio);
    if (lens.width !== side) Object.assign(lens, { width: side, height: side });
    const { view } = viewer;
    const [x, y] = [(view.x - last.x) * LARGER + side / 2, (view.y - last.y) * LARGER + side / 2];
    painter.draw({ ...view, scale: view.scale * LARGER, x, y });
    lens.style.transform = `translate(${last.x / ratio - SIDE / 2}px, ${last.y / ratio - SIDE / 2}px)`;
  };
  viewer.canvas.addEventListener("pointermove", (event) => {
    if (!("glass" in viewer.dataset)) return;
    const box = viewer.canvas.getBoundingClientRect();
    const ratio = viewer.canvas.width / box.width;
    last = { x: (event.clientX - box.left) * ratio, y: (event.clientY - box.top) * ratio };
    show();
  });
  viewer.canvas.addEventListener("pointerleave", () => { last = undefined; remove(); });
  viewer.addEventListener("viewer:change", show);
  // Switched on by its key, before the pointer has moved: in the middle.
  viewer.addEventListener("click", (event) => {
    if (!event.target.closest('[data-view="glass"]')) return;
    last ??= { x: viewer.canvas.width / 2, y: viewer.canvas.height / 2 };
    show();
  });
}
