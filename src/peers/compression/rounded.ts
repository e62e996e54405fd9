/**
 * Formats with fewer digits, number by number: each member sends one vector, the sum of its roots. With error feedback (Seide
 * et al., 1-Bit Stochastic Gradient Descent, 2014; at both ends: Tang et al., DoubleSqueeze, 2019) what a number loses is
 * added to it in the next step: at the sender for the shards of others, at the owner for its own.
 *
 * One vector holds both: at the numbers that a member owns it has what the owner left over, elsewhere what the sender did. As
 * a sender's own shard loses nothing, they never meet; and when a view change gives a shard to someone else, what was left
 * over is still sent, by the member that has it.
 */
import type { VectorShape } from '../reduce/layout';
import { addTo } from '../reduce/vector-math';
import { SUM_NODE } from '../wire/frame';
import type { CodecConfig, NumberFormat } from './codec';
import { float32 } from './formats/float32';
import type { CodecSession } from './session';
import { Versions } from './versions';

/** The sum of roots, in order: the vector itself where there is one. */
export function sumOfRoots(roots: ReadonlyMap<number, Float32Array>): Float32Array {
  const [first, ...others] = roots.values();
  if (others.length === 0) return first;
  const sum = first.slice();
  for (const root of others) addTo(sum, sum, root);
  return sum;
}

/** Statistics always travel as float32. */
export function roundedSession(
  config: CodecConfig,
  shape: VectorShape,
  format: NumberFormat,
  feedback: boolean,
): CodecSession {
  const residuals = feedback ? new Versions(() => new Float32Array(shape.gradients)) : null;
  return {
    config,
    shape,
    exact: false,
    get memory() {
      return residuals?.bytes ?? 0;
    },
    open({ seq, member, sum }) {
      const residual = member && residuals ? residuals.begin(seq) : null;
      const streams = shape.buckets.map(([start, end]) => {
        const compressed = start < shape.gradients;
        return {
          format: compressed ? format : float32,
          target: sum.subarray(start, end),
          residual: compressed && residual ? residual.subarray(start, end) : null,
        };
      });
      return {
        streams,
        add(bucket, roots, contribute) {
          const own = streams[bucket].residual;
          if (own) for (const root of roots.values()) addTo(own, own, root);
          contribute(bucket, SUM_NODE, own ?? sumOfRoots(roots));
        },
        finished: (stream) => [stream],
        end(finite) {
          if (finite) residuals?.end(seq);
        },
      };
    },
    commit: (seq) => residuals?.commit(seq),
    rollback: (seq) => residuals?.rollback(seq),
  };
}
