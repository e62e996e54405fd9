/** Ranks of values. */

/** The rank of each value, from 0 for the lowest; equal values share the mean of their ranks. Values are finite. */
export function averageRanks(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  const order = Int32Array.from({ length: n }, (_, index) => index).sort((a, b) => values[a] - values[b]);
  const ranks = new Float64Array(n);
  for (let from = 0; from < n;) {
    let to = from + 1;
    while (to < n && values[order[to]] === values[order[from]]) to++;
    for (let at = from; at < to; at++) ranks[order[at]] = (from + to - 1) / 2;
    from = to;
  }
  return ranks;
}

/** How good each value is among all of them by its rank: 0 for the worst, 1 for the best, and for one alone. */
export function rankShades(values: ArrayLike<number>, direction: 'minimize' | 'maximize'): Float32Array {
  const last = values.length - 1;
  return Float32Array.from(averageRanks(values), (rank) => {
    const share = last > 0 ? rank / last : 1;
    return direction === 'minimize' && last > 0 ? 1 - share : share;
  });
}
