/** Unicode's code points, of which a text is a row. */

/** How many there are: tables by code point have so many places. */
export const CODE_POINTS = 0x11_0000;

/** UTF-16 code units, that is places of a string, that a code point takes. */
export const unitsOf = (code: number): 1 | 2 => (code > 0xffff ? 2 : 1);

/** Code points that occur, with their counts, the most frequent first; of equals the lower. */
export function byFrequency(counts: Float64Array): { code: number; count: number }[] {
  const seen: { code: number; count: number }[] = [];
  for (let code = 0; code < counts.length; code++) if (counts[code] > 0) seen.push({ code, count: counts[code] });
  return seen.sort((a, b) => b.count - a.count || a.code - b.code);
}
