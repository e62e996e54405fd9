/** A run’s settings in W&B’s form: nested, each top-level key wrapped as `{"value": …}`. */
import type { Json } from '../../store/study';

/** Settings of a run as plain nested data. */
export interface Settings {
  [key: string]: Json;
}

/** What is to be said of a run beside its own settings. */
export interface Origin {
  /** Lathe’s own id of it. */
  id: string;
  /** Its version of Lathe. */
  version: string;
  /** More in words: `dataset`, `adapter`, … */
  facts: Record<string, string>;
  author: string | null;
}

/**
 * The settings that W&B shows and filters by. Dots nest: W&B flattens what is nested with dots, and advises against keys that
 * have dots of their own.
 * @param params with dotted keys
 */
export function settingsOf(
  params: Record<string, string | number | boolean | null>,
  { id, version, facts, author }: Origin,
): Settings {
  return { ...nest(params), lathe: { id, version, ...(author === null ? {} : { author }), ...facts } };
}

/** Dotted keys as nested objects. */
export function nest(flat: Record<string, Json>): Settings {
  const root: Settings = {};
  for (const [path, value] of Object.entries(flat)) {
    const keys = path.split('.');
    const last = keys.pop() ?? path;
    let at = root;
    for (const key of keys) {
      const inner = Object.hasOwn(at, key) ? at[key] : undefined;
      if (inner !== null && typeof inner === 'object' && !Array.isArray(inner)) at = inner;
      else define(at, key, (at = {}));
    }
    define(at, last, value);
  }
  return root;

  function define(object: Settings, key: string, value: Json): void {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  }
}

/**
 * Telemetry of the client, which the server expects under `_wandb`: `t` holds what kind of program reports, by numbered
 * fields of wandb’s TelemetryRecord (5 and 12 the client’s version, 13 the platform).
 */
const telemetry = (version: string): Json => ({ t: { 5: version, 12: version, 13: 'browser' }, m: [] });

/** Settings as `UpsertBucket` takes them, as JSON text. */
export function wrappedConfig(settings: Settings, version: string): { [key: string]: { value: Json } } {
  const wrapped = Object.entries(settings).map(([key, value]) => [key, { value }] as const);
  return { ...Object.fromEntries(wrapped), _wandb: { value: telemetry(version) } };
}
