import { expect, it } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import { deal, dealAgain } from '../../../../src/peers/reduce/deal';
import { rootsOf } from '../../../../src/peers/reduce/tree';

it('deals one node of the tree a member, where speeds are nearly alike', () => {
  expect(deal(8, [3, 5, 9, 12], [100, 110, 95, 104])).toEqual([3, 3, 5, 5, 9, 9, 12, 12]);
  for (const members of [1, 2, 4, 8]) {
    const dealt = deal(16, [...Array(members).keys()], new Array<number>(members).fill(7));
    for (let member = 0; member < members; member++) {
      expect(rootsOf(16, (item) => dealt[item] === member)).toHaveLength(1);
    }
  }
});

it('deals contiguous ranges by speed, every item once', () => {
  expect(deal(8, [1, 2], [3, 1])).toEqual([1, 1, 1, 1, 1, 1, 2, 2]);
  expect(deal(4, [1, 2, 3], [0, 1, 1])).toEqual([2, 2, 3, 3]);
  expect(deal(3, [1, 2], [0, 0])).toEqual([1, 1, 2]);
  expect(deal(1, [1, 2, 3], [1, 1, 9])).toEqual([3]);
  const random = randomStream(0, 'deals');
  for (let i = 0; i < 100; i++) {
    const members = Array.from({ length: 1 + random.integer(9) }, (_, rank) => 2 * rank);
    const items = random.integer(60);
    const shares = members.map(() => random.integer(1000));
    const dealt = deal(items, members, shares);
    expect(dealt).toHaveLength(items);
    expect([...dealt].sort((a, b) => a - b)).toEqual(dealt);
  }
});

it('deals again only what nobody living holds', () => {
  expect(dealAgain([1, 1, 2, null, 7, null], [1, 2], [1, 1])).toEqual([1, 1, 2, 1, 1, 2]);
  expect(dealAgain([1, 2], [1, 2], [1, 0])).toEqual([1, 2]);
});
