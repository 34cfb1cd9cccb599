// <pneumo-viewer>: one radiograph, drawn at the size of the window. What the mouse does is a setting (viewer-pointer.js);
// with touch one finger moves and two zoom. Every action is a button with data-view, most have a key (viewer-actions.js).
// The rendition (8 bits) is there first; where data-deep-src names the picture at its full depth, that takes its place.
import { fetchDeep } from "./viewer-deep.js";
import { canReplace, makePainter } from "./viewer-draw.js";
import { actionOf } from "./viewer-actions.js";
import { automaticWindow, fullWindow, limitsOf, ORDINARY, wordsOf } from "./viewer-window.js";
import { registerGlass } from "./viewer-glass.js";
import { leave, registerLoss, takePicture } from "./viewer-life.js";
import { registerMeasures } from "./viewer-measure.js";
import { registerPointer } from "./viewer-pointer.js";

const LARGEST = 16;

class Viewer extends HTMLElement {
  connectedCallback() {
    if (this.painter || this.loading) return;
    this.stage = this.querySelector(".viewer-stage");
    this.image = this.stage.querySelector("img");
    this.view = { scale: 1, x: 0, y: 0, ...ORDINARY, rotate: Number(this.dataset.rotate) || 0, flip: "flip" in this.dataset, invert: false };
    this.fitted = true;
    this.loading = this.load();
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("input", (event) => this.onSlide(event));
  }

  disconnectedCallback() { leave(this); }

  async load() {
    const picture = await takePicture(this.image);
    if (!picture) this.querySelector(".viewer-failed")?.removeAttribute("hidden");
    if (!picture || !this.isConnected) return;
    this.size = { width: Number(this.dataset.width) || picture.width, height: Number(this.dataset.height) || picture.height };
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", this.image.alt);
    this.image.after(this.canvas);
    registerLoss(this);
    this.paintWith(picture);
    registerPointer(this);
    registerMeasures(this);
    registerGlass(this);
    new ResizeObserver(() => this.resize()).observe(this.stage);
    this.resize();
    this.tell("viewer:ready");
    this.deepening = this.deepen();
  }

  /** The rendition gives way to the full depth; the view stays, its window means the same in both. */
  async deepen() {
    if (this.dataset.deepSrc) {
      try {
        const deep = await fetchDeep(this.dataset.deepSrc);
        if (!this.isConnected) return;
        if (canReplace(deep)) this.paintWith(deep);
      } catch (error) {
        this.dataset.deepFailed = error.message;
      }
    }
    this.dataset.depth = this.picture.levels ? "full" : "8";
    for (const words of this.querySelectorAll("[data-when-depth]")) words.hidden = words.dataset.whenDepth !== this.dataset.depth;
    for (const button of this.querySelectorAll("[data-file-window]")) button.hidden = button.disabled = !this.fileWindow(button);
    this.set({});
    this.tell("viewer:deep");
  }

  paintWith(picture) {
    this.painter?.release();
    this.painter = makePainter(this.canvas, picture, this.size);
    this.picture = picture;
    this.limits = limitsOf(picture);
    this.dataset.ready = this.painter.kind;
  }

  /** {rotate: 0|90|180|270 clockwise, flip: mirrored left to right before turning} */
  get orientation() { return { rotate: this.view.rotate, flip: this.view.flip }; }
  /** {centre, width} in grey levels of the 8-bit rendition, whatever the depth of what is shown */
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
    this.view.width = Math.min(Math.max(this.view.width, this.limits.narrowest), this.limits.widest);
    this.view.centre = Math.min(Math.max(this.view.centre, this.limits.lowest), this.limits.highest);
    this.frame ||= requestAnimationFrame(() => { this.frame = null; this.draw(); });
  }

  draw() {
    this.painter.draw(this.view);
    const facts = this.querySelector(".viewer-window");
    if (facts) facts.textContent = `${Math.round((this.view.scale / (devicePixelRatio || 1)) * 100)} % · ${facts.dataset.word} ${wordsOf(this.view, this.picture)}`;
    this.showState();
    this.tell("viewer:change");
  }

  showState() {
    const tool = this.dataset.tool || "";
    const pressed = { invert: this.view.invert, flip: this.view.flip, tool: tool === "pan", glass: "glass" in this.dataset, length: tool === "length", angle: tool === "angle", ratio: tool === "ratio" };
    for (const [name, on] of Object.entries(pressed)) this.querySelector(`[data-view="${name}"]`)?.setAttribute("aria-pressed", String(on));
    for (const slider of this.querySelectorAll("input[data-view]")) slider.value = slider.dataset.view === "brightness" ? 255 - this.view.centre : 512 - this.view.width;
    const field = this.dataset.orientationInput && document.querySelector(this.dataset.orientationInput);
    if (field) field.value = `${this.view.rotate}${this.view.flip ? "f" : ""}`;
  }

  /** Width and height of the picture as it lies, in its own pixels. */
  get lying() {
    const { width, height } = this.size;
    return this.view.rotate % 180 ? { width: height, height: width } : { width, height };
  }

  fitScale() { return Math.min(this.canvas.width / this.lying.width, this.canvas.height / this.lying.height); }

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
    this.set({ ...ORDINARY, rotate: 0, flip: false, invert: false });
    this.fit();
  }

  automatic() { this.set(automaticWindow(this.picture)); }
  full() { this.set(fullWindow(this.picture)); }

  /** The file's own window that a button stands for, in grey levels of the rendition; nothing where there is none. */
  fileWindow(button) {
    const [centre, width] = this.picture.windows?.[Number(button.dataset.fileWindow)] ?? [];
    if (centre === undefined) return null;
    const { black, white } = this.picture;
    return { centre: ((centre - black) * 255) / (white - black), width: (width * 255) / (white - black) };
  }

  /** What a drag does from now on; the same again ends it. */
  take(tool) {
    this.dataset.tool = this.dataset.tool === tool ? "window" : tool;
    this.set({});
    this.tell("viewer:tool");
  }

  /** Does what the button with data-view="name" does. */
  act(name, button) {
    if (this.painter) actionOf(name)?.(this, button);
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

customElements.define("pneumo-viewer", Viewer);
