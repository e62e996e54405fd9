/** Names and values of parameters in the few words that a chart has room for. */
import type { ParameterValue } from '../../../../config/search/space';
import { formatNumber } from '../../../format';

/**
 * The shortest ends of dotted keys that tell them apart: `learning_rate` for `training.optimizer.learning_rate`. An index
 * keeps its list (`hidden.0`).
 */
export function shortLabels(keys: readonly string[]): Map<string, string> {
  const parts = keys.map((key) => key.split('.'));
  const end = (segments: string[], count: number): string => segments.slice(-count).join('.');
  return new Map(
    keys.map((key, index) => {
      const segments = parts[index];
      let count = /^\d+$/.test(segments[segments.length - 1]) ? 2 : 1;
      while (
        count < segments.length &&
        parts.some((other, at) => at !== index && end(other, count) === end(segments, count))
      ) {
        count++;
      }
      return [key, end(segments, count)];
    }),
  );
}

/** A parameter's value as text. */
export function valueText(value: ParameterValue): string {
  if (typeof value === 'number') return formatNumber(value, Number.isInteger(value) ? 12 : 4);
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  return value === '' ? '(empty)' : String(value);
}
