// Lengths, angles and the cardiothoracic ratio, drawn over the picture in its own pixels: they turn and zoom with it.
// Points are set by clicks, dragged when they lie wrong, or set from the keyboard: arrows move the cross, Enter sets it.
// They stay on this page only. Nothing of them is stored or sent.
import { toCanvas, toPicture } from "./viewer-place.js";
import { KINDS, wordsFor } from "./viewer-figures.js";

const NEAR = 14; // CSS pixels

class Measures {
  constructor(viewer) {
    this.viewer = viewer;
    this.all = [];
    this.said = viewer.querySelector(".viewer-measured");
    viewer.addEventListener("viewer:change", () => this.paint());
    viewer.addEventListener("viewer:tool", () => this.begin());
  }

  get kind() { return KINDS[this.viewer.dataset.tool] ? this.viewer.dataset.tool : null; }
  get ratio() { return this.viewer.canvas.width / this.viewer.canvas.getBoundingClientRect().width; }
  get open() { return this.all.find((measure) => measure.points.length < KINDS[measure.kind].points); }

  /** A tool was taken or put down: what is unfinished goes, the next step is said. */
  begin() {
    this.all = this.all.filter((measure) => measure !== this.open);
    this.cross = null;
    if (this.kind) this.say(this.word(`${this.kind}0`));
    this.paint();
  }

  word(name) { return this.said?.dataset[name] ?? ""; }
  say(words) { if (this.said) this.said.textContent = words; }

  /** True: this press was about a measure. */
  press(point) {
    const held = this.near(point);
    if (!held && !this.kind) return false;
    this.cross = null;
    this.held = held ?? this.add(point);
    return true;
  }

  near(point) {
    for (const measure of this.all) {
      const index = measure.points.findIndex((at) => distance(toCanvas(this.viewer.view, this.viewer.size, at), point) < NEAR * this.ratio);
      if (index >= 0) return { measure, index };
    }
    return null;
  }

  add(point) {
    let measure = this.open;
    if (!measure) this.all.push(measure = { kind: this.kind, points: [] });
    measure.points.push(null);
    const held = { measure, index: measure.points.length - 1 };
    this.put(held, point);
    return held;
  }

  /** A point goes where the pointer is; its partner on a level line follows to its height, as the picture is seen. */
  put({ measure, index }, point) {
    const { view, size } = this.viewer;
    const set = (at, place) => { measure.points[at] = toPicture(view, size, place); };
    set(index, point);
    const partner = index ^ 1;
    if (KINDS[measure.kind].level && measure.points[partner]) {
      set(partner, { ...toCanvas(view, size, measure.points[partner]), y: point.y });
    }
    this.tellResult(measure);
    this.paint();
  }

  drag(point) { if (this.held) this.put(this.held, point); return Boolean(this.held); }
  drop() { this.held = null; }

  tellResult(measure) {
    const set = measure.points.length;
    if (set < KINDS[measure.kind].points) this.say(this.word(`${measure.kind}${set}`));
    else this.say(`${this.word(`${measure.kind}Name`)} ${this.figures(measure)}`);
  }

  figures(measure) { return wordsFor(measure, this.viewer.spacing, { noScale: this.word("noScale") }); }

  clear() {
    this.all = [];
    this.say(this.kind ? this.word(`${this.kind}0`) : "");
    this.paint();
  }

  /** The keys while a measuring tool is taken; true: this one was meant for it. */
  key(event) {
    if (!this.kind) return false;
    const { canvas } = this.viewer;
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (move || event.key === "Enter") this.cross ??= { x: canvas.width / 2, y: canvas.height / 2 };
    const far = (event.shiftKey ? 32 : 6) * this.ratio;
    if (move) this.cross = { x: this.cross.x + move[0] * far, y: this.cross.y + move[1] * far };
    else if (event.key === "Enter") this.add(this.cross);
    else if (event.key === "Escape") this.viewer.take(this.kind);
    else if (event.key === "Backspace") this.removeLast();
    else return false;
    this.paint();
    return true;
  }

  removeLast() {
    this.all.pop();
    this.say(this.word(`${this.kind}0`));
  }

  /** Made at the first measure: most pictures are read without one. */
  makeLayer() {
    this.layer = document.createElement("canvas");
    this.layer.className = "measure-layer";
    this.layer.setAttribute("aria-hidden", "true");
    this.viewer.canvas.after(this.layer);
  }

  paint() {
    const { canvas } = this.viewer;
    if (!this.layer && !this.all.length && !this.cross) return;
    if (!this.layer) this.makeLayer();
    if (this.layer.width !== canvas.width || this.layer.height !== canvas.height) Object.assign(this.layer, { width: canvas.width, height: canvas.height });
    const pen = this.layer.getContext("2d");
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.lineJoin = "round";
    for (const measure of this.all) this.draw(pen, measure);
    if (this.kind && this.cross) strokeTwice(pen, this.ratio, [crossAt(this.cross, 10 * this.ratio)]);
  }

  draw(pen, measure) {
    const places = measure.points.map((point) => toCanvas(this.viewer.view, this.viewer.size, point));
    const lines = KINDS[measure.kind].lines(places);
    strokeTwice(pen, this.ratio, [lines, ...places.map((place) => crossAt(place, 5 * this.ratio))]);
    if (places.length === KINDS[measure.kind].points) label(pen, this.ratio, places, this.figures(measure));
  }
}

function distance(one, other) { return Math.hypot(one.x - other.x, one.y - other.y); }

function crossAt({ x, y }, arm) { return [[{ x: x - arm, y }, { x: x + arm, y }], [{ x, y: y - arm }, { x, y: y + arm }]]; }

/** Light on dark: to be seen over bright and black parts alike. */
function strokeTwice(pen, ratio, groups) {
  pen.beginPath();
  for (const [from, to] of groups.flat()) { pen.moveTo(from.x, from.y); pen.lineTo(to.x, to.y); }
  for (const [colour, width] of [["#000", 4], ["#ffe14d", 1.75]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = width * ratio;
    pen.stroke();
  }
}

function label(pen, ratio, places, words) {
  const [x, y] = [Math.max(...places.map((place) => place.x)), Math.min(...places.map((place) => place.y))];
  pen.font = `${14 * ratio}px sans-serif`;
  pen.lineWidth = 4 * ratio;
  pen.strokeStyle = "#000";
  pen.fillStyle = "#ffe14d";
  pen.strokeText(words, x + 8 * ratio, y - 8 * ratio);
  pen.fillText(words, x + 8 * ratio, y - 8 * ratio);
}

export function registerMeasures(viewer) {
  const spacing = [Number(viewer.dataset.spacingRow), Number(viewer.dataset.spacingColumn)];
  viewer.spacing = spacing.every((value) => value > 0) ? spacing : null;
  viewer.measures = new Measures(viewer);
}
