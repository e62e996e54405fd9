/** What a step of a group should cost: bytes and milliseconds. */
import type { CollectiveSetup } from '../../src/training/collective';
import type { Method } from './methods';
import { LOCAL_STEPS, RANK } from './workloads';

/** Bytes on the wire for each that is sent: headers of frames, SCTP and DTLS. */
export const FRAMING = 1.08;

/** Parameters of a model, as far as bytes depend on them. */
export type Shape = Pick<CollectiveSetup, 'buckets' | 'matrices'>;

export const lengthOf = ({ buckets }: Shape): number => buckets.reduce((sum, [start, end]) => sum + end - start, 0);

/** Bytes that a sum of `shape` costs, both legs together, before shards and framing. */
export function bothLegs(shape: Shape, method: Method): number {
  const length = lengthOf(shape);
  switch (method) {
    case 'float32':
      return 8 * length;
    case 'float16':
      return 4 * length;
    case 'int8':
      return 2 * (1 + 4 / 256) * length;
    case 'local_steps':
      return (8 * length) / LOCAL_STEPS;
    case 'powersgd':
      return 8 * factored(shape);
    case 'all_to_all':
      return NaN;
  }
}

/** Numbers that travel where matrices do as two factors: of rank r, r (rows + columns) of each that this makes half as small. */
function factored(shape: Shape): number {
  return shape.matrices.reduce((sum, { rows, columns }) => {
    const numbers = Math.min(RANK, rows, columns) * (rows + columns);
    return 2 * numbers < rows * columns ? sum + numbers - rows * columns : sum;
  }, lengthOf(shape));
}

/** Bytes that a peer sends, a step. Receives as many. */
export function bytesOf(shape: Shape, method: Method, members: number): number {
  return method === 'all_to_all'
    ? FRAMING * 4 * lengthOf(shape) * (members - 1)
    : (FRAMING * bothLegs(shape, method) * (members - 1)) / members;
}

/** Milliseconds of communication: `rate` bytes a second to all others together, `hops` of `latency` ms one way. */
export const communicationMs = (bytes: number, rate: number, latency: number, hops: number): number =>
  (1000 * bytes) / rate + hops * latency;

/** Milliseconds of a step: what of the communication the backward pass does not hide. */
export const stepMs = (compute: number, communicate: number, hidden: number, rest: number): number =>
  compute + Math.max(0, communicate - hidden) + rest;
