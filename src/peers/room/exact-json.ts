/** JSON that keeps every number: NaN and the infinities, which it has no word for, go as text. */
import * as v from 'valibot';

/** A number of any kind, as `writeJson` writes it. */
export const figure = v.union([v.number(), v.pipe(v.picklist(['NaN', 'Infinity', '-Infinity']), v.transform(Number))]);

/** The bytes of `value`. */
export function writeJson(value: unknown): Uint8Array {
  const text = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'number' && !Number.isFinite(part) ? String(part) : part,
  );
  return new TextEncoder().encode(text);
}

/** What is in `bytes`, not validated; undefined where that is no JSON. */
export function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined; // Neither text nor JSON: no schema takes it, and the caller counts it.
  }
}
