/** Orders of lists of numbers: by the first number, then the second, and so on. */

/** Indices of the `count` smallest keys, compared number by number; of equal ones the first. */
export function smallest(keys: readonly (readonly number[])[], count: number): number[] {
  // Few of many are wanted: a short sorted list, which hardly any key enters.
  const best: number[] = [];
  if (count <= 0) return best;
  for (let i = 0; i < keys.length; i++) {
    if (best.length === count && compare(keys[i], keys[best[count - 1]]) >= 0) continue;
    let place = best.length;
    while (place > 0 && compare(keys[i], keys[best[place - 1]]) < 0) place--;
    best.splice(place, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}

/** Number by number; below 0 where `a` comes first. */
export function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}
