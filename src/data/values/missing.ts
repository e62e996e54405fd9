/** Cells that stand for no value. */

const MARKERS: ReadonlySet<string> = new Set([
  '',
  'na',
  'n/a',
  '#n/a',
  'nan',
  'null',
  'none',
  'nil',
  '?',
  '-',
  '--',
  '.',
]);

const LONGEST = 4;

/** Whether a cell stands for no value: empty, blank, or one of the common markers (NA, N/A, NaN, null, None, ?, -). */
export function isMissing(cell: string): boolean {
  if (cell.length === 0) return true;
  if (cell.length <= LONGEST) return MARKERS.has(cell.trim().toLowerCase());
  const code = cell.charCodeAt(0);
  // Only a long cell that begins with white space may still be blank or a padded marker.
  return (code <= 32 || code === 0xa0) && MARKERS.has(cell.trim().toLowerCase());
}

/** Whether a missing cell says “not a number”, which is worth a word: a computation went wrong before it was saved. */
export const isNaNMarker = (cell: string): boolean => cell.length >= 3 && cell.trim().toLowerCase() === 'nan';
