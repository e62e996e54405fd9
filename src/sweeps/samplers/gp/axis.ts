/** Parameters as coordinates of a Gaussian process: numbers in [0, 1], choices by their index. */
import type { ParameterValue } from '../../../config/search/space';
import { cardinality } from '../../../config/search/ranges';
import { fromInternal, toInternal } from '../../space/distribution';
import type { Parameter } from '../../space/space';
import { fromUnit, isNumeric, toUnit, type NumericParameter } from '../unit';

/** Of a number with so few values all are tried; of others the neighbours. */
const MAX_LISTED = 16;

/** One coordinate. */
export interface Axis {
  key: string;
  isChoice: boolean;
  /** Whether a coordinate can be moved by a slope; with steps it is rounded afterwards. */
  isSmooth: boolean;
  /** The coordinate of a value; null where the parameter cannot take it. */
  encode: (value: ParameterValue | undefined) => number | null;
  /** The nearest value to a coordinate. */
  decode: (coordinate: number) => ParameterValue;
  /** Coordinates to try in place of this one. */
  neighbours: (coordinate: number) => number[];
}

/** The coordinate of a parameter; null where it has only one value. */
export function axisOf(parameter: Parameter): Axis | null {
  if (isNumeric(parameter)) return numberAxis(parameter);
  const { key, distribution } = parameter;
  if (distribution.type !== 'categorical' || distribution.choices.length < 2) return null;
  return {
    key,
    isChoice: true,
    isSmooth: false,
    encode(value) {
      const index = value === undefined ? -1 : toInternal(distribution, value);
      return index < 0 ? null : index;
    },
    decode: (coordinate) => fromInternal(distribution, coordinate),
    neighbours: (coordinate) => distribution.choices.map((_, i) => i).filter((i) => i !== coordinate),
  };
}

function numberAxis(parameter: NumericParameter): Axis {
  const { key, distribution } = parameter;
  const count = cardinality(distribution);
  const { low, high } = distribution;
  const encode = (value: ParameterValue | undefined): number | null => toUnit(parameter, value);
  const decode = (coordinate: number): number => fromUnit(parameter, coordinate);
  // By its value, so that equal values have equal coordinates to the last bit.
  const snapped = (coordinate: number): number => encode(decode(coordinate)) ?? coordinate;
  const isListed = count <= MAX_LISTED;
  return {
    key,
    isChoice: false,
    isSmooth: !isListed,
    encode,
    decode,
    neighbours(coordinate) {
      if (count === Infinity) return [];
      const step = (high - low) / (count - 1);
      const value = decode(coordinate);
      const values = isListed ? Array.from({ length: count }, (_, i) => low + i * step) : [value - step, value + step];
      return values
        .flatMap((other) => encode(other) ?? [])
        .map(snapped)
        .filter((other) => decode(other) !== value);
    },
  };
}
