/** The compression of a run at one peer, with what it remembers from step to step. */
import type { VectorShape } from '../reduce/layout';
import type { CodecConfig, Scheme } from './codec';

/** What an exchange says of itself. */
export interface Opening {
  epoch: number;
  seq: number;
  /** Takes part: a learner, which only reads, remembers no residuals. */
  member: boolean;
  /** Was dealt items. */
  contributes: boolean;
  /** Where the sum goes, of the vector's length. */
  sum: Float32Array;
}

/**
 * One a run and peer, for all its exchanges. What it remembers (residuals, warm starts) belongs to transactions: an exchange
 * begins one, `commit` makes it last, `rollback` forgets it and those after it.
 */
export interface CodecSession {
  readonly config: CodecConfig;
  readonly shape: VectorShape;
  /** Members send every largest node of the tree by itself, so that the sum does not depend on who computed what. */
  readonly exact: boolean;
  /** Begins transaction `seq`, for an exchange. What was begun of it or of later ones is forgotten. */
  open(opening: Opening): Scheme;
  /** Makes what transaction `seq` remembers last. Where its sum was not finite, or not finished, what was before stays. */
  commit(seq: number): void;
  /** Forgets transaction `seq` and later ones. */
  rollback(seq: number): void;
  /** Bytes that it remembers now. */
  readonly memory: number;
}
