// Where the picture lies: quarter turns, mirrored left to right before turning, a scale, and its middle on the canvas.

/** The 2 x 2 part of the transform from picture pixels (about its middle) to canvas pixels. */
export function matrixOf({ scale, rotate, flip }) {
  const angle = (rotate * Math.PI) / 180;
  const [cos, sin] = [Math.round(Math.cos(angle)) * scale, Math.round(Math.sin(angle)) * scale];
  return flip ? [-cos, -sin, -sin, cos] : [cos, sin, -sin, cos];
}

/** Where a point of the picture (pixels from its upper left) lies on the canvas. */
export function toCanvas(view, size, { x, y }) {
  const [a, b, c, d] = matrixOf(view);
  const [dx, dy] = [x - size.width / 2, y - size.height / 2];
  return { x: a * dx + c * dy + view.x, y: b * dx + d * dy + view.y };
}

/** The point of the picture under a point of the canvas. */
export function toPicture(view, size, { x, y }) {
  const [a, b, c, d] = matrixOf(view);
  const [dx, dy, det] = [x - view.x, y - view.y, a * d - b * c];
  return { x: (d * dx - c * dy) / det + size.width / 2, y: (a * dy - b * dx) / det + size.height / 2 };
}
