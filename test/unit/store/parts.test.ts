import { expect, it } from 'vitest';
import { COPIES, cutInParts, keepersOf, missingPartsSentence } from '../../../src/store/parts';

it('cuts a vector of any length into ranges that follow one another, of one size but for the last', () => {
  for (const bytes of [0, 4, 4092, 4096, 4100, 100_000, 262_144, 262_148, 44_000_004]) {
    const ranges = cutInParts(bytes);
    expect(ranges.length).toBeLessThanOrEqual(64);
    let at = 0;
    for (const [start, end] of ranges) {
      expect(start).toBe(at);
      expect(start % 4).toBe(0);
      expect(end).toBeGreaterThan(start);
      at = end;
    }
    expect(at).toBe(bytes);
    const sizes = ranges.slice(0, -1).map(([start, end]) => end - start);
    expect(new Set(sizes).size).toBeLessThanOrEqual(1);
  }
});

it('has each part at two browsers, so that the rest has all where any one is lost', () => {
  for (let count = 2; count <= 64; count++) {
    for (let part = 0; part < 128; part++) {
      const keepers = new Set(keepersOf(part, count));
      expect([keepers.size, Math.min(...keepers) >= 0, Math.max(...keepers) < count]).toEqual([COPIES, true, true]);
    }
  }
  expect(keepersOf(7, 1)).toEqual([0]);
});

it('gives each browser about its share of the bytes', () => {
  for (const count of [2, 3, 4, 7, 8, 16]) {
    const cut = [1_000_000, 2_000_012].map((bytes) => cutInParts(bytes)).flat();
    const total = cut.reduce((sum, [start, end]) => sum + end - start, 0);
    for (let rank = 0; rank < count; rank++) {
      const mine = cut.filter((_, part) => keepersOf(part, count).includes(rank));
      const bytes = mine.reduce((sum, [start, end]) => sum + end - start, 0);
      expect(Math.abs(bytes - (total * COPIES) / count)).toBeLessThan(0.04 * total);
    }
  }
});

it('says which parts are missing, and who kept them', () => {
  const parts = { hashes: ['a', 'b', 'c', 'd'], bytes: [4, 4, 4, 4], weights: 2, keepers: ['Ada', 'Grace', 'Alan'] };
  expect(missingPartsSentence(40, parts, [1])).toBe(
    'Of the checkpoint of step 40, part 2 of 4 is missing. Kept by: Grace, Alan.',
  );
  expect(missingPartsSentence(40, parts, [0, 3])).toBe(
    'Of the checkpoint of step 40, 2 of 4 parts are missing, the first of them part 1. Kept by: Ada, Grace.',
  );
});
