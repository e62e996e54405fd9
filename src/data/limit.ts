/** At most so many examples: a seeded subset that keeps the class balance (`data.limit`). */
import { randomStream, shuffle } from '../base/random';
import { groupByStratum } from './split';

/**
 * At most `limit` of `pool`, ascending. With strata every class keeps its share, and as many classes as possible keep at
 * least one example.
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
  const counts = shares(
    groups.map((group) => group.length),
    limit,
  );
  const kept: number[] = [];
  groups.forEach((group, i) => {
    for (let k = 0; k < counts[i]; k++) kept.push(group[k]);
  });
  return Uint32Array.from(kept).sort();
}

/** How many of each group make `limit` in all: in proportion by largest remainder, but at least one while that lasts. */
function shares(sizes: number[], limit: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const ideal = sizes.map((size) => (size * limit) / total);
  const counts = ideal.map(Math.floor);
  const order = ideal
    .map((value, i) => ({ i, remainder: value - counts[i] }))
    .sort((a, b) => b.remainder - a.remainder || a.i - b.i);
  let missing = limit - counts.reduce((sum, count) => sum + count, 0);
  for (const { i } of order) if (missing-- > 0) counts[i]++;
  for (let empty = counts.indexOf(0); empty >= 0; empty = counts.indexOf(0)) {
    const largest = counts.indexOf(Math.max(...counts));
    if (counts[largest] <= 1) break;
    counts[largest]--;
    counts[empty]++;
  }
  return counts;
}
