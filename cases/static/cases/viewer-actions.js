// What each button of a viewer does, by the name in its data-view.

const step = (viewer) => viewer.canvas.width / 12;

const ACTIONS = {
  fit: (viewer) => viewer.fit(),
  actual: (viewer) => viewer.zoom((devicePixelRatio || 1) / viewer.view.scale),
  "zoom-in": (viewer) => viewer.zoom(1.25),
  "zoom-out": (viewer) => viewer.zoom(0.8),
  invert: (viewer) => viewer.set({ invert: !viewer.view.invert }),
  rotate: (viewer) => viewer.turn(90),
  // Mirrored as the reader sees it: on a picture that lies on its side, left and right are its top and bottom.
  flip: (viewer) => viewer.set({ flip: !viewer.view.flip, rotate: (360 - viewer.view.rotate) % 360 }),
  reset: (viewer) => viewer.reset(),
  tool: (viewer) => viewer.take("pan"),
  glass: (viewer) => { viewer.toggleAttribute("data-glass"); viewer.set({}); },
  length: (viewer) => viewer.take("length"),
  angle: (viewer) => viewer.take("angle"),
  ratio: (viewer) => viewer.take("ratio"),
  "clear-measures": (viewer) => viewer.measures.clear(),
  automatic: (viewer) => viewer.automatic(),
  full: (viewer) => viewer.full(),
  preset: (viewer, button) => viewer.set({ centre: Number(button.dataset.centre), width: Number(button.dataset.width) }),
  "file-window": (viewer, button) => viewer.set(viewer.fileWindow(button) ?? {}),
  darker: (viewer) => viewer.set({ centre: viewer.view.centre + 6 }),
  brighter: (viewer) => viewer.set({ centre: viewer.view.centre - 6 }),
  softer: (viewer) => viewer.set({ width: viewer.view.width * 1.08 }),
  harder: (viewer) => viewer.set({ width: viewer.view.width / 1.08 }),
  left: (viewer) => viewer.move(step(viewer), 0),
  right: (viewer) => viewer.move(-step(viewer), 0),
  up: (viewer) => viewer.move(0, step(viewer)),
  down: (viewer) => viewer.move(0, -step(viewer)),
};

export function actionOf(name) { return Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined; }
