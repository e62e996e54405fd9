/**
 * Parts of a checkpoint that several browsers keep together: how it is cut, and who keeps what. Parts are ranges of the
 * packed weights and of the packed optimizer state. How they are cut follows from the size alone, so that everybody who
 * holds the same parameters finds the same parts, whoever else there is.
 */
import type { CheckpointParts } from './schema';

/** Browsers that keep each part: one of them may be lost. */
export const COPIES = 2;

/** Parts that a vector is cut into, at most: so many that shares of up to 16 browsers differ by little. */
const MOST_PARTS = 64;

/** Smallest part in bytes, but for the last one of a vector. */
const LEAST_BYTES = 4096;

/** Ranges `[start, end)`, in bytes, that a vector of `bytes` bytes is cut into: all of one size, but for the last one. */
export function cutInParts(bytes: number): [start: number, end: number][] {
  const size = Math.max(LEAST_BYTES, 4 * Math.ceil(bytes / MOST_PARTS / 4));
  const ranges: [number, number][] = [];
  for (let start = 0; start < bytes; start += size) ranges.push([start, Math.min(bytes, start + size)]);
  return ranges;
}

/** Ranks, of `count` browsers, of those who keep a part: neighbours, so that any one of them may be lost. */
export function keepersOf(part: number, count: number): number[] {
  return Array.from({ length: Math.min(COPIES, count) }, (_, i) => (part + i) % count);
}

/** A sentence that says which parts are missing, and who kept them when the checkpoint was written. */
export function missingPartsSentence(step: number, parts: CheckpointParts, missing: readonly number[]): string {
  const { hashes, keepers } = parts;
  const numbers = missing.map((part) => part + 1);
  const named =
    missing.length === 1
      ? `part ${numbers[0]} of ${hashes.length} is missing`
      : `${missing.length} of ${hashes.length} parts are missing, the first of them part ${numbers[0]}`;
  const names = new Set(
    missing.flatMap((part) => keepersOf(part, keepers.length).map((rank) => keepers[rank] || 'one without a name')),
  );
  return `Of the checkpoint of step ${step}, ${named}. Kept by: ${[...names].join(', ')}.`;
}
