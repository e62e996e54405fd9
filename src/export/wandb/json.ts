/**
 * JSON as W&B reads and writes it: numbers that are none stand as the bare tokens `NaN`, `Infinity` and `-Infinity`, which
 * Python’s `json` takes and JSON itself does not have.
 */
import type { Json } from '../../store/study';

/** A number as W&B writes it. */
export function wandbNumber(value: number): string {
  // String() writes 1e21 and the tokens as they are wanted; JSON would write null for the latter.
  return Object.is(value, -0) ? '0' : String(value);
}

/** A value as W&B writes it. Keys keep their order. */
export function wandbJson(value: Json): string {
  if (typeof value === 'number') return wandbNumber(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(wandbJson).join(',')}]`;
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}:${wandbJson(inner)}`)
    .join(',')}}`;
}
