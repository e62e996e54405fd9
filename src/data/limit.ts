/** At most so many examples: a seeded subset that keeps the class balance (`data.limit`). */
import { randomStream, shuffle } from '../base/random';
import { groupByStratum } from './split';

/**
 * At most `limit` of `pool`, ascending. With strata every class keeps its share by largest remainder, and as many classes
 * as possible keep at least one example.
 */
export function limitExamples(
  pool: Uint32Array,
  limit: number | null,
  strata: Int32Array | null,
  seed: number,
): Uint32Array {
  if (limit === null || limit >= pool.length) return pool;
  const random = randomStream(seed, 'limit');
  const groups = groupByStratum(pool, strata).map((group) => shuffle(group, random));
  const share = limit / pool.length;
  const counts = groups.map((group) => Math.floor(group.length * share));
  // Empty classes first, then the largest remainders.
  const order = groups
    .map((group, i) => ({ i, empty: counts[i] === 0, remainder: group.length * share - counts[i] }))
    .sort((a, b) => Number(b.empty) - Number(a.empty) || b.remainder - a.remainder || a.i - b.i);
  let missing = limit - counts.reduce((sum, count) => sum + count, 0);
  for (let pass = 0; missing > 0; pass++) {
    const { i } = order[pass % order.length];
    if (counts[i] < groups[i].length) {
      counts[i]++;
      missing--;
    }
  }
  const kept: number[] = [];
  groups.forEach((group, i) => {
    for (let k = 0; k < counts[i]; k++) kept.push(group[k]);
  });
  return Uint32Array.from(kept).sort();
}
