/**
 * The values that one parameter may take, as samplers see them: numbers on an axis (perhaps logarithmic, perhaps in steps)
 * or choices. Booleans are choices.
 */
import { decimal, reachableHigh, sameValue } from '../../config/search/ranges';
import type { ParameterSpec, ParameterValue } from '../../config/search/space';

/** A real number in `[low, high]`; with a step only `low + k · step`. */
export interface FloatDistribution {
  type: 'float';
  low: number;
  high: number;
  log: boolean;
  step: number | null;
}

/** A whole number in `[low, high]`, `low + k · step`. */
export interface IntDistribution {
  type: 'int';
  low: number;
  high: number;
  log: boolean;
  step: number;
}

/** One of several values. */
export interface CategoricalDistribution {
  type: 'categorical';
  choices: ParameterValue[];
}

/** A distribution over numbers. */
export type NumericDistribution = FloatDistribution | IntDistribution;

/** The values that one parameter may take. */
export type Distribution = NumericDistribution | CategoricalDistribution;

/**
 * The distribution that `spec` means. Where the last step would not end at `high`, `high` is the last value that can be
 * reached.
 */
export function distributionOf(spec: ParameterSpec): Distribution {
  switch (spec.type) {
    case 'bool':
      return { type: 'categorical', choices: [false, true] };
    case 'categorical':
      return { type: 'categorical', choices: spec.choices };
    case 'float':
    case 'int': {
      const { low, log } = spec;
      const high = reachableHigh(spec);
      return spec.type === 'float'
        ? { type: 'float', low, high, log, step: spec.step }
        : { type: 'int', low, high, log, step: spec.step };
    }
  }
}

/** A value as a number: itself, or the index of a choice (−1 where it is none). Optuna's “internal” value. */
export function toInternal(distribution: Distribution, value: ParameterValue): number {
  if (distribution.type === 'categorical') return distribution.choices.findIndex((choice) => sameValue(choice, value));
  return typeof value === 'number' ? value : NaN;
}

/** The value that `toInternal` made a number of. */
export function fromInternal(distribution: Distribution, internal: number): ParameterValue {
  return distribution.type === 'categorical' ? distribution.choices[internal] : internal;
}

/**
 * The interval that a continuous sampler draws from: logarithms where the distribution is logarithmic, widened by half a
 * step on both sides where there are steps, so that every value has the same share.
 */
export function interval(distribution: NumericDistribution): [low: number, high: number] {
  const { low, high, log, step } = distribution;
  const half = log ? (distribution.type === 'int' ? 0.5 : 0) : (step ?? 0) / 2;
  return log ? [Math.log(low - half), Math.log(high + half)] : [low - half, high + half];
}

/** A value on the axis of `interval`. */
export const toAxis = (distribution: NumericDistribution, value: number): number =>
  distribution.log ? Math.log(value) : value;

/** The nearest value that the parameter can take to a point on the axis of `interval`. */
export function fromAxis(distribution: NumericDistribution, point: number): number {
  const { low, high, log, step } = distribution;
  let value = log ? Math.exp(point) : point;
  if (distribution.type === 'int')
    value = low + Math.round((value - low) / (log ? 1 : distribution.step)) * (log ? 1 : distribution.step);
  else if (step !== null && !log) {
    value = decimal(low + Math.round((value - low) / step) * step);
  }
  return Math.min(high, Math.max(low, value));
}
