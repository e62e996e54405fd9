/** Who computes which item: a pure function of what all members know. */

/** The member number that computes each item. */
export type Deal = readonly number[];

/**
 * Speeds that differ by no more than this factor are dealt to alike: ranges then fall on nodes of the tree of items, of which
 * fewer are sent.
 */
const ALIKE = 1.25;

/** Of `items` alike, how many each is dealt so that the last one is ready as early as can be. */
function counts(items: number, shares: readonly number[]): number[] {
  const least = Math.min(...shares);
  const most = Math.max(...shares);
  const speeds = most <= 0 || (least > 0 && most <= ALIKE * least) ? shares.map(() => 1) : shares;
  const result = speeds.map(() => 0);
  for (let item = 0; item < items; item++) {
    let best = -1;
    for (let rank = 0; rank < speeds.length; rank++) {
      if (speeds[rank] <= 0) continue;
      // (count + 1) / speed of this rank against the best: products of integers, so that every machine decides alike.
      if (best < 0 || (result[rank] + 1) * speeds[best] < (result[best] + 1) * speeds[rank]) best = rank;
    }
    result[best]++;
  }
  return result;
}

/**
 * Deals `items` to `members` in contiguous ranges, by `shares`: relative speeds, integers from 0 (deals nothing, unless all
 * are 0) to 2^20, one a member.
 */
export function deal(items: number, members: readonly number[], shares: readonly number[]): Deal {
  return counts(items, shares).flatMap((count, rank) => new Array<number>(count).fill(members[rank]));
}

/**
 * Deals after a failure: items that a member of the view holds stay with it, the others are dealt out in contiguous runs.
 * `held[item]`: the member that has all of its vector, or null.
 */
export function dealAgain(
  held: readonly (number | null)[],
  members: readonly number[],
  shares: readonly number[],
): Deal {
  const kept = held.map((member) => (member !== null && members.includes(member) ? member : null));
  const dealt = deal(kept.filter((member) => member === null).length, members, shares);
  let next = 0;
  return kept.map((member) => member ?? dealt[next++]);
}
