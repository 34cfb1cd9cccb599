// Mouse, pen, touch and arrow keys for the viewer.
// Mouse: what the left drag, the right drag, the wheel and a double click do are settings of the reader (data-mouse-… on
// the key sheet); middle or Shift + left always move. Touch: one finger moves, two zoom. A measuring tool takes the left
// drag, and a point that was set can always be dragged.

const HABITS = { left: "window", right: "pan", wheel: "zoom", double: "fit" };

/** What this reader's mouse does. */
function habitsOf() {
  const set = document.getElementById("key-sheet")?.dataset ?? {};
  return { left: set.mouseLeft || HABITS.left, right: set.mouseRight || HABITS.right, wheel: set.mouseWheel || HABITS.wheel, double: set.mouseDouble || HABITS.double };
}

export function registerPointer(viewer) {
  const { canvas } = viewer;
  const habits = habitsOf();
  const touches = new Map();
  if (!viewer.dataset.tool && habits.left === "pan") viewer.dataset.tool = "pan";
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
    if (touches.size === 1 && event.button === 0 && !event.shiftKey) viewer.measures.press(place(event));
  });

  canvas.addEventListener("pointermove", (event) => {
    const before = touches.get(event.pointerId);
    if (!before) return;
    const now = place(event);
    if (touches.size === 2) pinch(viewer, touches, event.pointerId, now);
    else if (!viewer.measures.drag(now)) drag(viewer, event, before, now, habits);
    touches.set(event.pointerId, now);
  });

  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(kind, (event) => {
      touches.delete(event.pointerId);
      viewer.measures.drop();
    });
  }

  canvas.addEventListener("wheel", (event) => turnWheel(viewer, event, place(event), habits.wheel), { passive: false });
  canvas.addEventListener("dblclick", () => {
    if (!viewer.measures.kind && habits.double !== "nothing") viewer.act(habits.double);
  });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("keydown", (event) => press(viewer, event));
}

function press(viewer, event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const side = /^Arrow(Left|Right|Up|Down)$/.exec(event.key);
  if (!viewer.measures.key(event)) {
    if (!side) return;
    viewer.act(side[1].toLowerCase());
  }
  event.preventDefault();
}

function turnWheel(viewer, event, { x, y }, habit) {
  if (habit === "nothing") return;
  event.preventDefault();
  const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
  const turned = Math.min(Math.max(habit === "zoom-reversed" ? -lines : lines, -240), 240);
  viewer.zoom(Math.exp(-turned / 480), x, y);
}

function habitOf(viewer, event, habits) {
  if (event.pointerType === "touch") return viewer.dataset.tool === "window" ? "window" : "pan";
  if (event.shiftKey || (event.buttons & 4) === 4) return "pan";
  if ((event.buttons & 1) === 1) return viewer.dataset.tool === "pan" ? "pan" : "window";
  return habits.right;
}

function drag(viewer, event, before, now, habits) {
  const [dx, dy] = [now.x - before.x, now.y - before.y];
  const habit = habitOf(viewer, event, habits);
  if (habit === "pan") viewer.move(dx, dy);
  if (habit === "window") viewer.level(dx / now.ratio, dy / now.ratio);
  if (habit === "zoom") viewer.zoom(Math.exp(-dy / (200 * now.ratio)));
}

function pinch(viewer, touches, moving, now) {
  const before = touches.get(moving);
  const [, other] = [...touches].find(([id]) => id !== moving);
  const distance = (point) => Math.max(Math.hypot(point.x - other.x, point.y - other.y), 1);
  viewer.zoom(distance(now) / distance(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
  viewer.move((now.x - before.x) / 2, (now.y - before.y) / 2);
}
