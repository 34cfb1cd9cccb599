// Mouse, pen, touch and arrow keys for the viewer.
// Mouse: left drags the chosen tool (window or move), middle, right or Shift + left move. Touch: one finger moves, two zoom.

export function registerPointer(viewer) {
  const { canvas } = viewer;
  const touches = new Map();
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const ratio = canvas.width / box.width;
    return { x: (event.clientX - box.left) * ratio, y: (event.clientY - box.top) * ratio, ratio };
  };

  canvas.addEventListener("pointerdown", (event) => {
    touches.set(event.pointerId, place(event));
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    if (event.button === 1) event.preventDefault();
  });

  canvas.addEventListener("pointermove", (event) => {
    const before = touches.get(event.pointerId);
    if (!before) return;
    const now = place(event);
    if (touches.size === 2) pinch(viewer, touches, event.pointerId, now);
    else drag(viewer, event, before, now);
    touches.set(event.pointerId, now);
  });

  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(kind, (event) => touches.delete(event.pointerId));
  }

  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
    const { x, y } = place(event);
    viewer.zoom(Math.exp(-Math.min(Math.max(lines, -240), 240) / 480), x, y);
  }, { passive: false });

  canvas.addEventListener("dblclick", () => viewer.fit());
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("keydown", (event) => {
    const side = /^Arrow(Left|Right|Up|Down)$/.exec(event.key);
    if (!side || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    viewer.act(side[1].toLowerCase());
  });
}

function drag(viewer, event, before, now) {
  const [dx, dy] = [now.x - before.x, now.y - before.y];
  const moves = event.pointerType === "touch" ? viewer.dataset.tool !== "window" : viewer.dataset.tool === "pan";
  const isMain = (event.buttons & 1) === 1;
  if (moves || !isMain || event.shiftKey) viewer.move(dx, dy);
  else viewer.level(dx / now.ratio, dy / now.ratio);
}

function pinch(viewer, touches, moving, now) {
  const before = touches.get(moving);
  const [, other] = [...touches].find(([id]) => id !== moving);
  const distance = (point) => Math.max(Math.hypot(point.x - other.x, point.y - other.y), 1);
  viewer.zoom(distance(now) / distance(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
  viewer.move((now.x - before.x) / 2, (now.y - before.y) / 2);
}
