/** The signed-rank test of Wilcoxon (1945): whether paired differences lie above zero. */
import { normalCdf } from '../normal';

/** Up to so many differences the chance is counted exactly where no two are tied and none is zero. */
const EXACT = 50;
/** Up to so many with ties or zeros; beyond that a normal distribution is close enough. */
const EXACT_WITH_TIES = 13;

/**
 * The chance that differences as large as these, or larger, come about where their signs are a matter of luck
 * (one-sided: small where the differences are above zero). Half the ranks of zeros count as positive. The choices between
 * exact and approximate are those of scipy's `wilcoxon(differences, alternative='greater', zero_method='zsplit')`.
 * @param differences Finite, at least one.
 */
export function signedRankGreater(differences: readonly number[]): number {
  const n = differences.length;
  const { ranks, ties } = doubledRanks(differences.map(Math.abs));
  // Sums are of doubled ranks: half a rank is a whole number there.
  const luck = ranks.filter((_, i) => differences[i] !== 0);
  const positive = sum(ranks.filter((_, i) => differences[i] > 0));
  const zero = sum(ranks.filter((_, i) => differences[i] === 0));
  const plain = ties.length === 0 && zero === 0;
  if (n <= (plain ? EXACT : EXACT_WITH_TIES)) return shareAtLeast(luck, positive);

  const mean = (n * (n + 1)) / 4;
  const tied = sum(ties.map((t) => t ** 3 - t));
  const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1) - tied / 2) / 24);
  return normalCdf((mean - (positive + zero / 2) / 2) / deviation);
}

/** Twice the rank of every value, counted from 1; equal values share the mean of theirs. And how many are equal, by group. */
function doubledRanks(values: readonly number[]): { ranks: number[]; ties: number[] } {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const ranks = values.map(() => 0);
  const ties: number[] = [];
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let i = start; i < end; i++) ranks[order[i]] = start + 1 + end;
    if (end - start > 1) ties.push(end - start);
    start = end;
  }
  return { ranks, ties };
}

/** The share of all subsets of `ranks` whose sum is at least `least`. */
function shareAtLeast(ranks: readonly number[], least: number): number {
  const total = sum(ranks);
  /** By sum, how many subsets have it; 2^50 of them are still counted exactly. */
  const subsets = new Float64Array(total + 1);
  subsets[0] = 1;
  for (const rank of ranks) for (let s = total; s >= rank; s--) subsets[s] += subsets[s - rank];
  return subsets.subarray(least).reduce((share, count) => share + count, 0) / 2 ** ranks.length;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
