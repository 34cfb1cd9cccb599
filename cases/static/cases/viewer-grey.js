// From grey levels to what is shown, for every painter alike.

/** Grey level out = slope * value + offset, both in 0..1; inverting turns it round. */
export function slopeOf({ centre, width, invert }) {
  const slope = 255 / Math.max(width, 1e-6);
  const offset = 0.5 - centre / Math.max(width, 1e-6);
  return invert ? [-slope, 1 - offset] : [slope, offset];
}

/** The same for the numbers of a deep picture. */
export function deepSlopeOf(view, { base, unit }) {
  const [slope, offset] = slopeOf(view);
  return [(slope * unit) / 255, offset - (slope * base * unit) / 255];
}

/** What is shown for each number from 0 on, as one opaque pixel (little endian: alpha, blue, green, red). */
export function tableOf(slope, offset, table) {
  for (let value = 0; value < table.length; value += 1) {
    const grey = Math.round(255 * Math.min(Math.max(value * slope + offset, 0), 1));
    table[value] = (0xff000000 | (grey << 16) | (grey << 8) | grey) >>> 0;
  }
  return table;
}
