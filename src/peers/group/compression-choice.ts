/** Which compression a group goes on with, where its founder left that to measurements (`compression: auto`). */
import type { CodecConfig } from '../compression/codec';

/** One update as its coordinator measured it, in milliseconds. */
export interface Measured {
  step: number;
  /** From the last word of an item that was computed, anywhere, to the whole sum. */
  wire: number;
  /** The longest round trip to a member without a load: no compression makes it shorter. */
  roundTrip: number;
}

/** Updates that are measured before a decision. */
export const MEASURED = 8;

/** Bytes are compressed where the wire takes more than this part of a step: a third can be halved at a small loss. */
const TO_FLOAT16 = 1 / 3;

/** The next halving costs more precision, and only slow links need it: half of a step even in float16. */
const TO_INT8 = 1 / 2;

/** Least milliseconds of a step that are worth it. */
const LEAST = 10;

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

/**
 * Goes from float32 to float16 to int8 and never back, so that a group changes at most twice, however its links vary. Each
 * change is decided by updates since the last one.
 */
export class CompressionChoice {
  private readonly updates: Measured[] = [];

  /** Takes in an update of several members; returns what to change to, or null. `current`: what it was sent in. */
  next(current: CodecConfig['name'], update: Measured): CodecConfig | null {
    this.updates.push(update);
    if (this.updates.length > MEASURED) this.updates.shift();
    if (this.updates.length < MEASURED) return null;
    const wire = median(this.updates.map((one) => Math.max(0, one.wire - one.roundTrip)));
    const share = wire / median(this.updates.map(({ step }) => step));
    if (wire < LEAST) return null;
    if (current === 'float32' && share > TO_FLOAT16) return { name: 'float16' };
    if (current === 'float16' && share > TO_INT8) return { name: 'int8' };
    return null;
  }

  /** The members or the compression changed: what was measured tells of another group. */
  clear(): void {
    this.updates.length = 0;
  }
}
