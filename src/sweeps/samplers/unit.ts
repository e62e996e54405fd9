/** Numbers of a search space as coordinates in [0, 1], the same width for every step; logarithmic where the range is. */
import type { ParameterValue } from '../../config/search/space';
import { cardinality, contains } from '../../config/search/ranges';
import { fromAxis, interval, toAxis, type NumericDistribution } from '../space/distribution';
import type { Parameter } from '../space/space';

/** A parameter whose values are numbers. */
export interface NumericParameter extends Parameter {
  distribution: NumericDistribution;
}

/** Whether samplers that move on an axis can move this parameter: a number with more than one value. */
export const isNumeric = (parameter: Parameter): parameter is NumericParameter =>
  parameter.distribution.type !== 'categorical' && cardinality(parameter.distribution) > 1;

/** The coordinate of a value; null where the parameter cannot take it. */
export function toUnit({ distribution }: NumericParameter, value: ParameterValue | undefined): number | null {
  if (typeof value !== 'number' || !contains(distribution, value)) return null;
  const [low, high] = interval(distribution);
  return Math.min(1, Math.max(0, (toAxis(distribution, value) - low) / (high - low)));
}

/** The nearest value to a coordinate. */
export function fromUnit({ distribution }: NumericParameter, coordinate: number): number {
  const [low, high] = interval(distribution);
  return fromAxis(distribution, low + coordinate * (high - low));
}
