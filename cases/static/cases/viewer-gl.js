// WebGL2: the window, inverting and turning are the graphics card's work. A picture of 8 bits is a filtered texture; one
// of more bits is a texture of whole numbers, which no card filters: the shader does, so that no bit is lost.
import { levelAt } from "./viewer-deep.js";
import { deepSlopeOf, slopeOf } from "./viewer-grey.js";
import { matrixOf } from "./viewer-place.js";

const VERTEX = `#version 300 es
uniform mat2 turn; uniform vec2 middle, canvas, size;
out vec2 at;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  at = corner;
  vec2 pixel = turn * ((corner - 0.5) * size) + middle;
  gl_Position = vec4(pixel / canvas * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}`;
const SHALLOW = `#version 300 es
precision highp float;
uniform sampler2D picture; uniform vec2 slope; in vec2 at; out vec4 colour;
void main() {
  float value = clamp(texture(picture, at).r * slope.x + slope.y, 0.0, 1.0);
  colour = vec4(vec3(value), 1.0);
}`;
const DEEP = `#version 300 es
precision highp float; precision highp usampler2D;
uniform usampler2D picture; uniform vec2 slope; uniform int level; uniform bool blurred; in vec2 at; out vec4 colour;
float number(ivec2 place, ivec2 most) { return float(texelFetch(picture, clamp(place, ivec2(0), most), level).r); }
void main() {
  ivec2 extent = textureSize(picture, level);
  vec2 place = at * vec2(extent) - (blurred ? 0.5 : 0.0);
  ivec2 first = ivec2(floor(place));
  vec2 part = blurred ? fract(place) : vec2(0.0);
  ivec2 most = extent - 1;
  float upper = mix(number(first, most), number(first + ivec2(1, 0), most), part.x);
  float lower = mix(number(first + ivec2(0, 1), most), number(first + ivec2(1, 1), most), part.x);
  colour = vec4(vec3(clamp(mix(upper, lower, part.y) * slope.x + slope.y, 0.0, 1.0)), 1.0);
}`;

export function makeGlPainter(canvas, picture, size) {
  const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, powerPreference: "high-performance" });
  if (!gl || gl.isContextLost() || Math.max(picture.width, picture.height) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) return null;
  const deep = Boolean(picture.levels);
  const program = link(gl, deep ? DEEP : SHALLOW);
  if (!program) return null;
  gl.useProgram(program);
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  if (deep) loadNumbers(gl, picture);
  else load(gl, picture);
  const at = Object.fromEntries(["turn", "middle", "size", "slope", "canvas", "level", "blurred"].map((name) => [name, gl.getUniformLocation(program, name)]));
  const draw = (view) => {
    place(gl, at, view, canvas, size);
    // Above twice its size a pixel is a square: what was not measured is not drawn.
    if (deep) chooseLevel(gl, at, view, picture);
    else gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, view.scale >= 2 ? gl.NEAREST : gl.LINEAR);
    gl.uniform2fv(at.slope, deep ? deepSlopeOf(view, picture) : slopeOf(view));
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  };
  return { draw, kind: "webgl2", release: () => { gl.deleteTexture(texture); gl.deleteProgram(program); } };
}

function place(gl, at, view, canvas, size) {
  gl.viewport(0, 0, canvas.width, canvas.height);
  gl.clear(gl.COLOR_BUFFER_BIT);
  gl.uniformMatrix2fv(at.turn, false, matrixOf(view));
  gl.uniform2f(at.middle, view.x, view.y);
  gl.uniform2f(at.canvas, canvas.width, canvas.height);
  gl.uniform2f(at.size, size.width, size.height);
}

function chooseLevel(gl, at, view, picture) {
  gl.uniform1i(at.level, levelAt(picture, view.scale));
  gl.uniform1i(at.blurred, view.scale < 2 ? 1 : 0);
}

function link(gl, fragment) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}

function load(gl, picture) {
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, gl.RED, gl.UNSIGNED_BYTE, picture);
  gl.generateMipmap(gl.TEXTURE_2D);
  setUp(gl, gl.LINEAR_MIPMAP_LINEAR, gl.LINEAR);
}

function loadNumbers(gl, { levels }) {
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  levels.forEach(({ width, height, data }, level) => {
    gl.texImage2D(gl.TEXTURE_2D, level, gl.R16UI, width, height, 0, gl.RED_INTEGER, gl.UNSIGNED_SHORT, data);
  });
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAX_LEVEL, levels.length - 1);
  setUp(gl, gl.NEAREST_MIPMAP_NEAREST, gl.NEAREST);
}

function setUp(gl, smaller, larger) {
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, smaller);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, larger);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
}
