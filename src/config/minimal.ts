/** A config without what it shares with the defaults: short in a link, to the point in a file. */
import * as v from 'valibot';
import { runConfigSchema } from './schema';

/**
 * The keys of `document` whose values are not those of the default config; what is no section is returned as it is.
 * Validating the result gives what validating `document` gives.
 */
export function withoutDefaults(document: unknown): unknown {
  return isSection(document) ? { version: 1, ...subtract(document, v.parse(runConfigSchema, {})) } : document;
}

const isSection = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function subtract(value: Record<string, unknown>, base: unknown): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const other = isSection(base) ? base[key] : undefined;
    if (JSON.stringify(inner) === JSON.stringify(other)) continue;
    // Tagged sections stay whole: half of an optimizer means nothing without its name.
    const walk = isSection(inner) && !('name' in inner || 'architecture' in inner);
    out[key] = walk ? subtract(inner, other) : inner;
  }
  return out;
}
