// What a measure says. Points are in pixels of the radiograph, spacing is [row, column] in mm at the detector, or null.

const pairs = (places) => Array.from({ length: places.length >> 1 }, (_, index) => [places[2 * index], places[2 * index + 1]]);
const chain = (places) => places.slice(1).map((place, index) => [places[index], place]);

/** `level`: lines that lie level as the reader sees the picture. */
export const KINDS = {
  length: { points: 2, lines: pairs, words: lengthWords },
  angle: { points: 3, lines: chain, words: angleWords },
  ratio: { points: 4, lines: pairs, words: ratioWords, level: true },
};

export function wordsFor({ kind, points }, spacing, words) { return KINDS[kind].words(points, spacing, words); }

function between(one, other, spacing) {
  const [row, column] = spacing ?? [1, 1];
  return [(other.x - one.x) * column, (other.y - one.y) * row];
}

export function lengthOf(one, other, spacing) { return Math.hypot(...between(one, other, spacing)); }

function lengthWords([one, other], spacing, { noScale }) {
  const length = lengthOf(one, other, spacing);
  return spacing ? `${length.toFixed(1)} mm` : `${Math.round(length)} px, ${noScale}`;
}

/** The angle at the second of three points, 0 to 180 degrees. */
export function angleOf([one, corner, other], spacing) {
  const [ax, ay] = between(corner, one, spacing);
  const [bx, by] = between(corner, other, spacing);
  return (Math.atan2(Math.abs(ax * by - ay * bx), ax * bx + ay * by) * 180) / Math.PI;
}

function angleWords(points, spacing) { return `${angleOf(points, spacing).toFixed(1)}°`; }

/** Width of the heart (the first two points) over that of the chest (the last two); a ratio needs no scale. */
export function ratioOf([left, right, from, to], spacing) {
  const chest = lengthOf(from, to, spacing);
  return chest > 0 ? lengthOf(left, right, spacing) / chest : Number.NaN;
}

function ratioWords(points, spacing) {
  const ratio = ratioOf(points, spacing);
  return Number.isFinite(ratio) ? ratio.toFixed(2) : "–";
}
