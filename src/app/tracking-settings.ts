/** What of tracking is the same for all destinations, kept in localStorage. What is there and not as expected is taken for nothing. */
import * as v from 'valibot';
import { LatheError } from '../base/errors';
import type { TrackingSettings } from './api';

const KEY = 'lathe:tracking';

const schema = v.object({ author: v.optional(v.nullable(v.pipe(v.string(), v.trim(), v.maxLength(200))), null) });

/** The settings of this browser. */
export function readTrackingSettings(): TrackingSettings {
  try {
    const parsed = v.safeParse(schema, JSON.parse(localStorage.getItem(KEY) ?? '{}'));
    return parsed.success ? parsed.output : { author: null };
  } catch {
    // Damaged: the page shows what is set now, and takes it anew.
    return { author: null };
  }
}

/** Changes some settings and returns all. @throws LatheError of kind `config`, or `storage` where the browser keeps nothing */
export function writeTrackingSettings(change: Partial<TrackingSettings>): TrackingSettings {
  const parsed = v.safeParse(schema, { ...readTrackingSettings(), ...change });
  if (!parsed.success) throw new LatheError('config', 'The author’s name is too long: use at most 200 characters.');
  const settings = { author: parsed.output.author || null };
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch (error) {
    throw LatheError.from(error, 'storage');
  }
  return settings;
}
