/**
 * The values that one parameter may take, as samplers see them: numbers on an axis (perhaps logarithmic, perhaps in steps)
 * or choices. Booleans are choices.
 */
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
      const { low, high, log, step } = spec;
      const top = step === null || log ? high : low + Math.floor((high - low) / step + 1e-8) * step;
      return spec.type === 'float'
        ? { type: 'float', low, high: step === null || log ? top : decimal(top), log, step }
        : { type: 'int', low, high: top, log, step: spec.step };
    }
  }
}

/** Sums of decimal steps as people write them: 0.3, not 0.30000000000000004. */
const decimal = (value: number): number => Number(value.toPrecision(12));

/** How many different values there are; infinite for a float without steps. */
export function cardinality(distribution: Distribution): number {
  switch (distribution.type) {
    case 'categorical':
      return distribution.choices.length;
    case 'int':
      return Math.floor((distribution.high - distribution.low) / distribution.step) + 1;
    case 'float':
      if (distribution.low === distribution.high) return 1;
      return distribution.step === null
        ? Infinity
        : Math.floor((distribution.high - distribution.low) / distribution.step + 1e-8) + 1;
  }
}

/** Whether two values of parameters are the same, lists by their content. */
export const sameValue = (a: ParameterValue, b: ParameterValue): boolean => JSON.stringify(a) === JSON.stringify(b);

/** A value as a number: itself, or the index of a choice (−1 where it is none). Optuna's “internal” value. */
export function toInternal(distribution: Distribution, value: ParameterValue): number {
  if (distribution.type === 'categorical') return distribution.choices.findIndex((choice) => sameValue(choice, value));
  return typeof value === 'number' ? value : NaN;
}

/** The value that `toInternal` made a number of. */
export function fromInternal(distribution: Distribution, internal: number): ParameterValue {
  return distribution.type === 'categorical' ? distribution.choices[internal] : internal;
}

/** Whether the parameter can take `value`. */
export function contains(distribution: Distribution, value: ParameterValue): boolean {
  const internal = toInternal(distribution, value);
  if (distribution.type === 'categorical') return internal >= 0;
  if (!(internal >= distribution.low && internal <= distribution.high)) return false;
  if (distribution.step === null || distribution.log) {
    return distribution.type === 'float' || Number.isInteger(internal);
  }
  const k = (internal - distribution.low) / distribution.step;
  return Math.abs(k - Math.round(k)) < 1e-8;
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
