// Without a graphics card: the picture is placed once, and while only the window changes a table does the rest.
import { levelAt } from "./viewer-deep.js";
import { deepSlopeOf, slopeOf, tableOf } from "./viewer-grey.js";
import { matrixOf, toPicture } from "./viewer-place.js";

/** Nothing where the graphics card has this canvas. */
export function contextOf(canvas) { return canvas.getContext("2d", { alpha: false, willReadFrequently: true }); }

export function makeTablePainter(canvas, picture, size) {
  const context = contextOf(canvas);
  const table = new Uint32Array(256);
  const place = (view, box) => {
    const [a, b, c, d] = matrixOf(view);
    context.setTransform(a, b, c, d, view.x, view.y);
    context.imageSmoothingEnabled = view.scale < 2;
    context.drawImage(picture, -size.width / 2, -size.height / 2, size.width, size.height);
    context.setTransform(1, 0, 0, 1, 0, 0);
    return new Uint32Array(context.getImageData(...box).data.buffer);
  };
  const show = (view, source, target) => {
    const [slope, offset] = slopeOf(view);
    tableOf(slope / 255, offset, table);
    for (let index = 0; index < source.length; index += 1) target[index] = table[source[index] & 255];
  };
  return makePlacedPainter(canvas, context, size, place, show);
}

export function makeDeepTablePainter(canvas, deep, size) {
  const context = contextOf(canvas);
  const table = new Uint32Array(deep.top + 1);
  const place = (view, box) => sampled(deep, view, size, box);
  const show = (view, source, target) => {
    tableOf(...deepSlopeOf(view, deep), table);
    for (let index = 0; index < source.length; index += 1) target[index] = table[source[index]];
  };
  return makePlacedPainter(canvas, context, size, place, show);
}

/** Places where the picture lies anew, and shows the rest through the table. */
function makePlacedPainter(canvas, context, size, place, show) {
  let placed = "";
  let box, source, target;
  const draw = (view) => {
    const { scale, x, y, rotate, flip } = view;
    const wanted = [scale, x, y, rotate, flip, canvas.width, canvas.height].join();
    if (wanted !== placed) {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.fillRect(0, 0, canvas.width, canvas.height);
      box = boxOf(view, size, canvas);
      source = box[2] > 0 && box[3] > 0 ? place(view, box) : null;
      target = source && new ImageData(box[2], box[3]);
    }
    placed = wanted;
    if (!source) return;
    show(view, source, new Uint32Array(target.data.buffer));
    context.putImageData(target, box[0], box[1]);
  };
  return { draw, kind: "2d", release() {} };
}

/** The canvas pixels that the picture covers: the rest is black in every window. */
function boxOf(view, size, canvas) {
  const turned = view.rotate % 180 !== 0;
  const width = (turned ? size.height : size.width) * view.scale;
  const height = (turned ? size.width : size.height) * view.scale;
  const left = Math.max(Math.floor(view.x - width / 2), 0);
  const top = Math.max(Math.floor(view.y - height / 2), 0);
  return [left, top, Math.min(Math.ceil(view.x + width / 2), canvas.width) - left, Math.min(Math.ceil(view.y + height / 2), canvas.height) - top];
}

/** The deep picture's numbers under the canvas pixels of a box, between four neighbours each. */
function sampled(deep, view, size, [left, top, width, height]) {
  const level = deep.levels[levelAt(deep, view.scale)];
  const smooth = view.scale < 2;
  const turned = view.rotate % 180 !== 0;
  const at = (x, y) => toPicture(view, size, { x: left + x + 0.5, y: top + y + 0.5 });
  // Quarter turns only: along a row of the canvas one coordinate of the picture moves, down a column the other.
  const wide = (value) => axis(value / size.width, level.width, 1, smooth);
  const high = (value) => axis(value / size.height, level.height, level.width, smooth);
  const across = steps(width, (index) => (turned ? high(at(index, 0).y) : wide(at(index, 0).x)));
  const down = steps(height, (index) => (turned ? wide(at(0, index).x) : high(at(0, index).y)));
  return mixed(level.data, across, down);
}

/** The two neighbours (as places in the array) and the share of the second, for a place in 0..1 along one side. */
function axis(place, count, stride, smooth) {
  const exact = Math.min(Math.max(place * count - (smooth ? 0.5 : 0), 0), count - 1);
  const first = Math.floor(exact);
  return [first * stride, Math.min(first + 1, count - 1) * stride, smooth ? exact - first : 0];
}

function steps(count, neighbours) {
  const found = { count, first: new Int32Array(count), second: new Int32Array(count), part: new Float32Array(count) };
  for (let index = 0; index < count; index += 1) [found.first[index], found.second[index], found.part[index]] = neighbours(index);
  return found;
}

function mixed(data, across, down) {
  const { count, first, second, part } = across;
  const out = new Uint16Array(count * down.count);
  for (let row = 0, at = 0; row < down.count; row += 1) {
    const [upper, lower, share] = [down.first[row], down.second[row], down.part[row]];
    for (let column = 0; column < count; column += 1, at += 1) {
      const left = first[column];
      const right = second[column];
      const above = data[upper + left] + (data[upper + right] - data[upper + left]) * part[column];
      const below = data[lower + left] + (data[lower + right] - data[lower + left]) * part[column];
      out[at] = above + (below - above) * share + 0.5;
    }
  }
  return out;
}
