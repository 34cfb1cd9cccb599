// The picture at its full depth (inference/deep.py writes it): one line of JSON, the low bytes of zigzagged differences,
// then their high bytes as a zlib stream, which the browser's own DecompressionStream unpacks.

/** @returns {Promise<Deep>} throws where the browser has no DecompressionStream, or the file is not to be had. */
export async function fetchDeep(url) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return unpackDeep(new Uint8Array(await answer.arrayBuffer()));
}

export async function unpackDeep(bytes) {
  const end = bytes.indexOf(10);
  const said = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  const { width, height } = said;
  const low = bytes.subarray(end + 1, end + 1 + width * height);
  const packed = new Blob([bytes.subarray(end + 1 + width * height)]).stream();
  const high = new Uint8Array(await new Response(packed.pipeThrough(new DecompressionStream("deflate"))).arrayBuffer());
  if (high.length !== width * height) throw new Error("damaged");
  return { ...said, levels: pyramid({ width, height, data: summed(low, high, width, height) }), ...scaleOf(said) };
}

/** Differences to their sums: each pixel from its left neighbour, the first column from the one above. */
function summed(low, high, width, height) {
  const data = new Uint16Array(width * height);
  let above = 0;
  for (let row = 0, at = 0; row < height; row += 1) {
    let value = above;
    for (const end = at + width; at < end; at += 1) {
      const folded = (high[at] << 8) | low[at];
      value += (folded >>> 1) ^ -(folded & 1);
      data[at] = value;
    }
    above = data[row * width];
  }
  return data;
}

/** Grey level of a number n on the rendition's scale, where it is 0 to 255: (n - base) * unit. */
function scaleOf({ low, step, black, white }) {
  return { base: (black - low) / step, unit: (255 * step) / (white - black) };
}

/** The picture and its halves, each the mean of two by two, down to some 64 pixels: what is made small is not grainy. */
function pyramid(first) {
  const levels = [first];
  while (Math.min(levels.at(-1).width, levels.at(-1).height) >= 128) levels.push(halved(levels.at(-1)));
  return levels;
}

function halved({ width, height, data }) {
  const [wide, high] = [width >> 1, height >> 1];
  const half = new Uint16Array(wide * high);
  for (let y = 0, out = 0; y < high; y += 1) {
    for (let x = 0, at = 2 * y * width; x < wide; x += 1, at += 2, out += 1) {
      half[out] = (data[at] + data[at + 1] + data[at + width] + data[at + width + 1] + 2) >> 2;
    }
  }
  return { width: wide, height: high, data: half };
}

/** The level to draw from at a scale (canvas pixels per picture pixel): at least as fine as the canvas. */
export function levelAt(deep, scale) {
  return Math.max(0, Math.min(deep.levels.length - 1, Math.floor(Math.log2(1 / scale))));
}
