/** Choices about the view that outlive a reload. Kept in localStorage as JSON; what is not as expected is dropped. */
import * as v from 'valibot';

const KEY = 'lathe.preferences';

const schema = v.object({
  /** Weight of the moving average in curves, 0 (off) to 0.99. */
  smoothing: v.fallback(v.pipe(v.number(), v.minValue(0), v.maxValue(0.99)), 0.9),
  logScale: v.fallback(v.boolean(), false),
  /** Columns of the table of runs, in order. */
  runColumns: v.fallback(v.nullable(v.array(v.string())), null),
  runSort: v.fallback(v.object({ column: v.string(), descending: v.boolean() }), {
    column: 'created',
    descending: true,
  }),
  /** Columns of the table of trials that are not shown; parameters differ from study to study. */
  hiddenTrialColumns: v.fallback(v.array(v.string()), ['started']),
  trialSort: v.fallback(v.object({ column: v.string(), descending: v.boolean() }), {
    column: 'number',
    descending: true,
  }),
  /** Sections of the config form that stand open. */
  openSections: v.fallback(v.array(v.string()), []),
});

/** The preferences. */
export type PreferenceValues = v.InferOutput<typeof schema>;

class Preferences {
  values = $state<PreferenceValues>(read());

  /** Writes one preference. A full or forbidden localStorage only costs its memory. */
  set<K extends keyof PreferenceValues>(key: K, value: PreferenceValues[K]): void {
    this.values[key] = value;
    try {
      localStorage.setItem(KEY, JSON.stringify(this.values));
    } catch {
      // The preference holds until the page is closed.
    }
  }
}

function read(): PreferenceValues {
  let stored: unknown = {};
  try {
    stored = JSON.parse(localStorage.getItem(KEY) ?? '{}');
  } catch {
    // Not JSON: as if nothing were there.
  }
  const result = v.safeParse(schema, stored);
  return result.success ? result.output : v.parse(schema, {});
}

/** The one set of preferences of the page. */
export const preferences = new Preferences();
