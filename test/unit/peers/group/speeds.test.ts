import { describe, expect, it } from 'vitest';
import { AwakeClock } from '../../../../src/peers/group/awake-clock';
import { Speeds } from '../../../../src/peers/group/speeds';
import { deal } from '../../../../src/peers/reduce/deal';

const clock = new AwakeClock(1, Infinity);

const everybody = (): boolean => true;

/** Deals 8 items to two members for some transactions; who needs how long is told by member. */
function train(speeds: Speeds, from: number, to: number, ms: (member: number, seq: number) => number): number[][] {
  const counts: number[][] = [];
  for (let seq = from; seq <= to; seq++) {
    const dealt = deal(8, [1, 2], speeds.shares(seq, [1, 2], everybody));
    for (const member of dealt) speeds.result(member, seq, 'update', { numbers: [], ms: ms(member, seq), examples: 8 });
    counts.push([1, 2].map((member) => dealt.filter((owner) => owner === member).length));
  }
  return counts;
}

describe('speeds', () => {
  it('do not hold the first item against a member: pipelines are compiled in it', () => {
    const begun = new Set<number>();
    const counts = train(new Speeds(clock), 1, 20, (member) => {
      if (begun.has(member)) return 10;
      begun.add(member);
      return member === 1 ? 3000 : 200;
    });
    expect(counts.at(-1)).toEqual([4, 4]);
  });

  it('deal by what members need', () => {
    const counts = train(new Speeds(clock), 1, 20, (member) => (member === 1 ? 30 : 10));
    expect(counts.at(-1)).toEqual([2, 6]);
  });

  it('find out that a member that is dealt nothing is fast again', () => {
    const speeds = new Speeds(clock);
    // Something else had the machine for a while.
    const slow = train(speeds, 1, 10, (member) => (member === 1 ? 400 : 10));
    expect(slow.at(-1)).toEqual([0, 8]);
    const counts = train(speeds, 11, 90, () => 10);
    expect(counts.at(-1)).toEqual([4, 4]);
  });

  it('ask a member that stays slow now and then only', () => {
    const counts = train(new Speeds(clock), 1, 200, (member) => (member === 1 ? 400 : 10));
    const asked = counts.slice(10).filter(([items]) => items > 0).length;
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(12);
  });
});
