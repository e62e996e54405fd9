/** Values of parameters in the few words that a chart has room for. */
import type { ParameterValue } from '../../../../config/search/space';
import { formatNumber } from '../../../format';

/** A parameter's value as text. */
export function valueText(value: ParameterValue): string {
  if (typeof value === 'number') return formatNumber(value, Number.isInteger(value) ? 12 : 4);
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  return value === '' ? '(empty)' : String(value);
}
