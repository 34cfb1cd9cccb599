// Draws one 8-bit picture into a canvas: WebGL2 where there is one, else a lookup table over a 2-D canvas.
// A view is {scale, x, y, rotate, flip, centre, width, invert}: screen pixels per picture pixel, the picture's middle on
// the canvas in canvas pixels, the clockwise rotation, mirrored left to right before turning, the window in 0..255.

/** @returns {{draw: (view) => void, kind: string}} */
export function makePainter(canvas, picture) {
  return makeGlPainter(canvas, picture) || makeTablePainter(canvas, picture);
}

/** The 2 x 2 part of the transform from picture pixels (about its middle) to canvas pixels. */
export function matrixOf({ scale, rotate, flip }) {
  const angle = (rotate * Math.PI) / 180;
  const [cos, sin] = [Math.round(Math.cos(angle)) * scale, Math.round(Math.sin(angle)) * scale];
  return flip ? [-cos, -sin, -sin, cos] : [cos, sin, -sin, cos];
}

const VERTEX = `#version 300 es
uniform mat2 turn; uniform vec2 middle, canvas, size;
out vec2 at;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  at = corner;
  vec2 pixel = turn * ((corner - 0.5) * size) + middle;
  gl_Position = vec4(pixel / canvas * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}`;
const FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D picture; uniform vec2 slope; in vec2 at; out vec4 colour;
void main() {
  float value = clamp(texture(picture, at).r * slope.x + slope.y, 0.0, 1.0);
  colour = vec4(vec3(value), 1.0);
}`;

/** Grey level out = slope * value + offset, both in 0..1; inverting turns it round. */
export function slopeOf({ centre, width, invert }) {
  const slope = 255 / Math.max(width, 1);
  const offset = 0.5 - centre / Math.max(width, 1);
  return invert ? [-slope, 1 - offset] : [slope, offset];
}

/** Whether a graphics card draws: a GL drawn by the processor takes 20 times what the table below does. */
function hasGraphicsCard() {
  const gl = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = gl ? gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER) : "software";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return !/software|swiftshader|llvmpipe|basic render/i.test(name);
}

function makeGlPainter(canvas, picture) {
  if (!hasGraphicsCard()) return null;
  const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, powerPreference: "high-performance" });
  if (!gl || Math.max(picture.width, picture.height) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) return null;
  const program = link(gl);
  if (!program) return null;
  gl.useProgram(program);
  load(gl, picture);
  const at = (name) => gl.getUniformLocation(program, name);
  const [turn, middle, size, slope, extent] = [at("turn"), at("middle"), at("size"), at("slope"), at("canvas")];
  const draw = (view) => {
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    // Above twice its size a pixel is a square: what was not measured is not drawn.
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, view.scale >= 2 ? gl.NEAREST : gl.LINEAR);
    gl.uniformMatrix2fv(turn, false, matrixOf(view));
    gl.uniform2f(middle, view.x, view.y);
    gl.uniform2f(extent, canvas.width, canvas.height);
    gl.uniform2f(size, picture.width, picture.height);
    gl.uniform2fv(slope, slopeOf(view));
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  };
  return { draw, kind: "webgl2" };
}

function link(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}

function load(gl, picture) {
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, gl.RED, gl.UNSIGNED_BYTE, picture);
  gl.generateMipmap(gl.TEXTURE_2D);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
}

function makeTablePainter(canvas, picture) {
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  let placed = ""; // where the picture lies now: while only the window changes, its pixels need no second drawing
  let box, source, target;
  const place = (view) => {
    const [a, b, c, d] = matrixOf(view);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.setTransform(a, b, c, d, view.x, view.y);
    context.imageSmoothingEnabled = view.scale < 2;
    context.drawImage(picture, -picture.width / 2, -picture.height / 2);
    box = boxOf(view, picture, canvas);
    source = box[2] > 0 && box[3] > 0 ? context.getImageData(...box) : null;
    target = source && new ImageData(source.width, source.height);
  };
  const draw = (view) => {
    const { scale, x, y, rotate, flip } = view;
    const wanted = [scale, x, y, rotate, flip, canvas.width, canvas.height].join();
    if (wanted !== placed) place(view);
    placed = wanted;
    if (!source) return;
    applyTable(new Uint32Array(source.data.buffer), new Uint32Array(target.data.buffer), tableOf(view));
    context.putImageData(target, box[0], box[1]);
  };
  return { draw, kind: "2d" };
}

/** Grey level out for each of the 256 in, as one opaque pixel (little endian: alpha, blue, green, red). */
export function tableOf(view) {
  const [slope, offset] = slopeOf(view);
  return Uint32Array.from({ length: 256 }, (_, value) => {
    const grey = Math.round(255 * Math.min(Math.max((value / 255) * slope + offset, 0), 1));
    return (0xff000000 | (grey << 16) | (grey << 8) | grey) >>> 0;
  });
}

/** The canvas pixels that the picture covers: the rest is black in every window. */
function boxOf(view, picture, canvas) {
  const turned = view.rotate % 180 !== 0;
  const width = (turned ? picture.height : picture.width) * view.scale;
  const height = (turned ? picture.width : picture.height) * view.scale;
  const left = Math.max(Math.floor(view.x - width / 2), 0);
  const top = Math.max(Math.floor(view.y - height / 2), 0);
  return [left, top, Math.min(Math.ceil(view.x + width / 2), canvas.width) - left, Math.min(Math.ceil(view.y + height / 2), canvas.height) - top];
}

function applyTable(source, target, table) {
  for (let index = 0; index < source.length; index += 1) target[index] = table[source[index] & 255];
}
