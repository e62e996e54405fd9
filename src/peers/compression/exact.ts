/** float32: every root of the tree travels as it is, and the sum is that of the tree, whoever computed what. */
import type { VectorShape } from '../reduce/layout';
import type { CodecSession } from './session';
import { float32 } from './formats/float32';

/** Remembers nothing. */
export function exactSession(shape: VectorShape): CodecSession {
  return {
    config: { name: 'float32' },
    shape,
    exact: true,
    memory: 0,
    open: ({ sum }) => ({
      streams: shape.buckets.map(([start, end]) => ({
        format: float32,
        target: sum.subarray(start, end),
        residual: null,
      })),
      add(bucket, roots, contribute) {
        for (const [node, values] of roots) contribute(bucket, node, values);
      },
      finished: (stream) => [stream],
      end: () => undefined,
    }),
    commit: () => undefined,
    rollback: () => undefined,
  };
}
