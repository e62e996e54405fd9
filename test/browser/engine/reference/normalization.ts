import type { Reference } from './reference';
import { sums, term } from './terms';

/** Where a number lies, and its parameters. */
interface Place {
  at: number;
  channel: number;
}

/** Rows over the last axis. */
export const lastAxis = (rows: number, width: number): Place[][] =>
  Array.from({ length: rows }, (_, row) =>
    Array.from({ length: width }, (_, channel) => ({ at: row * width + channel, channel })),
  );

/** Rows over all positions and the channels of a group. */
export function channelGroups(batch: number, positions: number, channels: number, groups: number): Place[][] {
  const places = Array.from({ length: batch * positions * channels }, (_, at) => ({ at, channel: at % channels }));
  return Array.from({ length: batch * groups }, (_, row) =>
    places.filter(
      ({ at, channel }) =>
        Math.floor(at / (positions * channels)) === Math.floor(row / groups) &&
        Math.floor(channel / (channels / groups)) === row % groups,
    ),
  );
}

/** Normalisation of rows; inputs are `x`, `gamma` and, where `centred`, `beta`. */
export const normalization =
  (rows: Place[][], epsilon: number, centred: boolean): Reference =>
  ([x, gamma, beta], cotangent) => {
    const dy = cotangent(x.length);
    const y = sums(x.length);
    const [dx, dgamma, dbeta] = [sums(x.length), sums(gamma.length), sums(gamma.length)];
    for (const row of rows) {
      const count = row.length;
      const mean = centred ? row.reduce((sum, { at }) => sum + x[at], 0) / count : 0;
      const inverse = 1 / Math.sqrt(row.reduce((sum, { at }) => sum + (x[at] - mean) ** 2, 0) / count + epsilon);
      const normal = (at: number): number => (x[at] - mean) * inverse;
      for (const { at, channel } of row) {
        term(y, at, x[at] * inverse * gamma[channel]);
        if (centred) {
          term(y, at, -mean * inverse * gamma[channel]);
          term(y, at, beta[channel]);
          term(dbeta, channel, dy[at]);
        }
        term(dgamma, channel, dy[at] * normal(at));
        term(dx, at, inverse * dy[at] * gamma[channel]);
        for (const other of row) {
          const g = dy[other.at] * gamma[other.channel];
          if (centred) term(dx, at, (-inverse * g) / count);
          term(dx, at, (-inverse * normal(at) * normal(other.at) * g) / count);
        }
      }
    }
    return { y, gradients: [dx, dgamma, ...(centred ? [dbeta] : [])] };
  };
