/** A field of several numbers as text: `256, 128`, or `128 × 2` for a width and a number of layers. */
import { formatSetting } from '../../format';

/** What the field shows. */
export function showNumberList(value: unknown): string {
  if (Array.isArray(value))
    return value.map((item) => (typeof item === 'number' ? formatSetting(item) : String(item))).join(', ');
  if (typeof value === 'object' && value !== null && 'width' in value && 'depth' in value)
    return `${String(value.width)} × ${String(value.depth)}`;
  return value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** What was typed. What is no number goes into the document as it is: the check then says what is wrong, at this field. */
export function readNumberList(text: string): unknown {
  const [, width, depth] = /^\s*([\d.]+)\s*[x×*]\s*([\d.]+)\s*$/i.exec(text) ?? [];
  if (width !== undefined) return { width: Number(width), depth: Number(depth) };
  return text
    .split(/[,;\s]+/)
    .filter(Boolean)
    .map((item) => (Number.isNaN(Number(item)) ? item : Number(item)));
}
