// <pneumo-viewer>: one radiograph, drawn at the size of the window. Drag windows (or moves), the wheel zooms at the cursor,
// a double click fits; with touch one finger moves and two zoom. Every action is a button with data-view, most have a key.
import { registerPointer } from "./viewer-pointer.js";
import { makePainter } from "./viewer-draw.js";

const FULL = { centre: 127.5, width: 255 };
const LARGEST = 16;

class Viewer extends HTMLElement {
  connectedCallback() {
    if (this.painter || this.loading) return;
    this.stage = this.querySelector(".viewer-stage");
    this.image = this.stage.querySelector("img");
    this.view = { scale: 1, x: 0, y: 0, ...FULL, rotate: Number(this.dataset.rotate) || 0, flip: "flip" in this.dataset, invert: false };
    this.fitted = true;
    this.loading = this.load();
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("input", (event) => this.onSlide(event));
  }

  async load() {
    try {
      await this.image.decode();
    } catch {
      this.querySelector(".viewer-failed")?.removeAttribute("hidden");
      return;
    }
    const picture = await createImageBitmap(this.image, { colorSpaceConversion: "none" });
    this.size = { width: picture.width, height: picture.height };
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", this.image.alt);
    this.image.after(this.canvas);
    this.painter = makePainter(this.canvas, picture);
    this.picture = picture;
    this.automatic = levelsOf(picture);
    registerPointer(this);
    new ResizeObserver(() => this.resize()).observe(this.stage);
    this.resize();
    this.dataset.ready = this.painter.kind;
    this.tell("viewer:ready");
  }

  /** {rotate: 0|90|180|270 clockwise, flip: mirrored left to right before turning} */
  get orientation() { return { rotate: this.view.rotate, flip: this.view.flip }; }
  /** {centre, width} in grey levels of the 8-bit picture */
  get window() { return { centre: this.view.centre, width: this.view.width }; }
  get invert() { return this.view.invert; }

  tell(name) { this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail: { ...this.view } })); }

  resize() {
    const ratio = devicePixelRatio || 1;
    const { width, height } = this.stage.getBoundingClientRect();
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    if (this.fitted) this.fit();
    this.set({});
  }

  /** Changes some values of the view and draws once in the next frame. */
  set(values) {
    Object.assign(this.view, values);
    this.view.width = Math.min(Math.max(this.view.width, 2), 1024);
    this.view.centre = Math.min(Math.max(this.view.centre, -255), 510);
    this.frame ||= requestAnimationFrame(() => { this.frame = null; this.draw(); });
  }

  draw() {
    this.painter.draw(this.view);
    const facts = this.querySelector(".viewer-facts");
    if (facts) facts.textContent = `${Math.round((this.view.scale / (devicePixelRatio || 1)) * 100)} % · ${facts.dataset.word} ${Math.round(this.view.width)} / ${Math.round(this.view.centre)}`;
    this.showState();
    this.tell("viewer:change");
  }

  showState() {
    const pressed = { invert: this.view.invert, flip: this.view.flip, tool: this.dataset.tool === "pan" };
    for (const [name, on] of Object.entries(pressed)) this.querySelector(`[data-view="${name}"]`)?.setAttribute("aria-pressed", String(on));
    for (const slider of this.querySelectorAll("input[data-view]")) slider.value = slider.dataset.view === "brightness" ? 255 - this.view.centre : 512 - this.view.width;
    const field = this.dataset.orientationInput && document.querySelector(this.dataset.orientationInput);
    if (field) field.value = `${this.view.rotate}${this.view.flip ? "f" : ""}`;
  }

  fitScale() {
    const turned = this.view.rotate % 180 !== 0;
    const [width, height] = turned ? [this.size.height, this.size.width] : [this.size.width, this.size.height];
    return Math.min(this.canvas.width / width, this.canvas.height / height);
  }

  fit() {
    this.fitted = true;
    this.set({ scale: this.fitScale(), x: this.canvas.width / 2, y: this.canvas.height / 2 });
  }

  /** Zooms by a factor; the picture's point at (x, y) on the canvas stays under the cursor. */
  zoom(factor, x = this.canvas.width / 2, y = this.canvas.height / 2) {
    const scale = Math.min(Math.max(this.view.scale * factor, this.fitScale() / 4), LARGEST * (devicePixelRatio || 1));
    const step = scale / this.view.scale;
    this.fitted = false;
    this.set({ scale, x: x + (this.view.x - x) * step, y: y + (this.view.y - y) * step });
  }

  move(dx, dy) {
    this.fitted = false;
    this.set({ x: this.view.x + dx, y: this.view.y + dy });
  }

  /** A drag of the canvas' width is one full range: right more contrast, up brighter. */
  level(dx, dy) {
    this.set({ width: this.view.width * Math.exp(-dx / 220), centre: this.view.centre + (dy * this.view.width) / 400 });
  }

  turn(degrees) {
    this.set({ rotate: (this.view.rotate + degrees + 360) % 360 });
    if (this.fitted) this.fit();
  }

  reset() {
    this.set({ ...FULL, rotate: 0, flip: false, invert: false });
    this.fit();
  }

  /** Does what the button with data-view="name" does. */
  act(name, button) {
    const step = (this.canvas?.width || 600) / 12;
    const actions = {
      fit: () => this.fit(),
      actual: () => this.zoom((devicePixelRatio || 1) / this.view.scale),
      "zoom-in": () => this.zoom(1.25),
      "zoom-out": () => this.zoom(0.8),
      invert: () => this.set({ invert: !this.view.invert }),
      rotate: () => this.turn(90),
      // Mirrored as the reader sees it: on a picture that lies on its side, left and right are its top and bottom.
      flip: () => this.set({ flip: !this.view.flip, rotate: (360 - this.view.rotate) % 360 }),
      reset: () => this.reset(),
      tool: () => { this.dataset.tool = this.dataset.tool === "pan" ? "window" : "pan"; this.set({}); },
      automatic: () => this.set(this.automatic),
      preset: () => this.set({ centre: Number(button.dataset.centre), width: Number(button.dataset.width) }),
      darker: () => this.set({ centre: this.view.centre + 6 }),
      brighter: () => this.set({ centre: this.view.centre - 6 }),
      softer: () => this.set({ width: this.view.width * 1.08 }),
      harder: () => this.set({ width: this.view.width / 1.08 }),
      left: () => this.move(step, 0),
      right: () => this.move(-step, 0),
      up: () => this.move(0, step),
      down: () => this.move(0, -step),
    };
    if (this.painter) actions[name]?.();
  }

  onClick(event) {
    const button = event.target.closest("button[data-view]");
    if (button) this.act(button.dataset.view, button);
  }

  onSlide(event) {
    const value = Number(event.target.value);
    if (event.target.dataset.view === "brightness") this.set({ centre: 255 - value });
    if (event.target.dataset.view === "contrast") this.set({ width: 512 - value });
  }
}

/** The window between the 1st and the 99th percentile of the picture's grey levels, the black border left out. */
function levelsOf(picture) {
  const side = 256;
  const context = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0, side, side);
  const values = context.getImageData(0, 0, side, side).data.filter((_, index) => index % 4 === 0).filter((value) => value > 2).sort();
  if (!values.length) return FULL;
  const [low, high] = [values[Math.floor(values.length * 0.01)], values[Math.floor(values.length * 0.99)]];
  return { centre: (low + high) / 2, width: Math.max(high - low, 8) };
}

customElements.define("pneumo-viewer", Viewer);
