/** A range in a few words, for places that do not draw it. */
import type { ParameterSpec, ParameterValue } from '../../../../config/search/space';
import { formatSetting } from '../../../format';

/** Choices that are named one by one; more are counted. */
const NAMED = 4;

/** A value as it is written in the config: `0.001`, `adamw`, `[64, 32]`, `null`. */
export function valueInWords(value: ParameterValue): string {
  if (typeof value === 'number') return formatSetting(value);
  if (Array.isArray(value)) return `[${value.map(valueInWords).join(', ')}]`;
  return String(value);
}

/** `1e-5 … 0.1, log`, `0 … 0.5 by 0.05`, `sgd, adamw or lion`, `on or off`. */
export function specInWords(spec: ParameterSpec): string {
  switch (spec.type) {
    case 'bool':
      return 'on or off';
    case 'categorical': {
      const words = spec.choices.map(valueInWords);
      if (words.length > NAMED) return `${words.length} choices`;
      return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
    }
    case 'float':
    case 'int': {
      const range = `${formatSetting(spec.low)} … ${formatSetting(spec.high)}`;
      if (spec.log) return `${range}, log`;
      return spec.step !== null && !(spec.type === 'int' && spec.step === 1)
        ? `${range} by ${formatSetting(spec.step)}`
        : range;
    }
  }
}
