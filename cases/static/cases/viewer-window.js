// Windows. Both depths speak in grey levels of the 8-bit rendition (0 to 255), so that presets and sliders mean the same;
// a picture at its full depth has values below 0 and above 255, and tells its window in the values of the modality.

export const ORDINARY = { centre: 127.5, width: 255 };
const DARKEST = 2; // grey levels that are the border beside the picture
const SHARE = 0.01;

/** How far window and level may go. */
export function limitsOf(picture) {
  const limits = { narrowest: 2, widest: 1024, lowest: -255, highest: 510 };
  if (!picture.levels) return limits;
  const [low, high] = endsOf(picture);
  return {
    narrowest: Math.min(2, 2 * picture.unit),
    widest: Math.max(limits.widest, 2 * (high - low)),
    lowest: Math.min(limits.lowest, low),
    highest: Math.max(limits.highest, high),
  };
}

/** Everything that was measured, from the lowest value to the highest. */
export function fullWindow(picture) {
  if (!picture.levels) return ORDINARY;
  const [low, high] = endsOf(picture);
  return { centre: (low + high) / 2, width: Math.max(high - low, picture.unit) };
}

function endsOf({ base, unit, top }) { return [-base * unit, (top - base) * unit]; }

/** From the 1st to the 99th percentile of the picture's grey levels, the black border left out. */
export function automaticWindow(picture) {
  const values = (picture.levels ? deepSample(picture) : sample(picture)).sort();
  if (!values.length) return ORDINARY;
  const [low, high] = [values[Math.floor(values.length * SHARE)], values[Math.floor(values.length * (1 - SHARE))]];
  return { centre: (low + high) / 2, width: Math.max(high - low, 8) };
}

function sample(picture) {
  const side = 256;
  const context = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0, side, side);
  const grey = context.getImageData(0, 0, side, side).data.filter((_, index) => index % 4 === 0);
  return Float32Array.from(grey.filter((value) => value > DARKEST));
}

function deepSample({ levels, base, unit }) {
  const { data } = levels.find((level) => level.data.length <= 2 ** 17) ?? levels.at(-1);
  return Float32Array.from(data, (number) => (number - base) * unit).filter((value) => value > DARKEST);
}

/** Width and centre in words: grey levels, or the modality's values. */
export function wordsOf({ centre, width }, picture) {
  if (!picture.levels) return `${Math.round(width)} / ${Math.round(centre)}`;
  const [unit, black] = [(picture.white - picture.black) / 255, picture.black];
  return `${rounded(width * unit)} / ${rounded(black + centre * unit)}`;
}

function rounded(value) { return Math.abs(value) < 10 ? value.toFixed(1) : String(Math.round(value)); }
