/** What is remembered of a run at W&B between calls, as plain data. */
import * as v from 'valibot';
import type { Json } from '../../../store/study';

const lines = v.object({ history: v.number(), events: v.number(), log: v.number() });

const state = v.object({
  entity: v.string(),
  project: v.string(),
  /** The sweep that it is part of, by name; null: none yet; '' where the server has none. */
  sweep: v.nullable(v.string()),
  /** Lines that were acknowledged: the offsets of the next ones. */
  lines,
  /** Lines that are there already although their batch was not acknowledged: they are left out when it comes again. */
  there: lines,
  /** Nothing was known here of a run that is there: whether it is sent anew or goes on, the first batch shows. */
  lost: v.boolean(),
  /** Last values by metric, and media, as JSON: the summary. */
  summary: v.record(v.string(), v.string()),
  /** What identifies the content of the model that is complete there as an artifact; null: there is none. */
  artifact: v.nullable(v.string()),
});

/** See above. */
export type WandbState = v.InferOutput<typeof state>;

/** Numbers of lines by stream. */
export type LineCounts = WandbState['lines'];

/** No lines. */
export const noLines = (): LineCounts => ({ history: 0, events: 0, log: 0 });

/** Reads a state that was stored; null where it is none. */
export function readState(stored: Json): WandbState | null {
  const read = v.safeParse(state, stored);
  return read.success ? read.output : null;
}

/** The state as it is stored. */
export const storedState = (value: WandbState): Json => structuredClone(value);
