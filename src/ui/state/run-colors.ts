/**
 * Which colour each run has: runs take the colours of the palette in turn, so that neighbours differ, and keep theirs
 * for good. Remembered in localStorage; two tabs that meet a new run at once give it the same colour.
 */
import * as v from 'valibot';

const KEY = 'lathe.run-colors';
/** Runs remembered; beyond this the oldest are forgotten, and take a colour anew if they are met again. */
const LIMIT = 5000;

const schema = v.record(v.string(), v.pipe(v.number(), v.integer(), v.minValue(0)));

function read(): Map<string, number> {
  try {
    const result = v.safeParse(schema, JSON.parse(localStorage.getItem(KEY) ?? '{}'));
    return new Map(result.success ? Object.entries(result.output) : []);
  } catch {
    // Not JSON, or no localStorage: colours are given anew.
    return new Map();
  }
}

let turns = read();

/** Gives colours to runs that have none yet, in this order: oldest first. */
export function assignColors(ids: readonly string[]): void {
  const fresh = ids.filter((id) => !turns.has(id));
  if (fresh.length === 0) return;
  // Another tab may have met them first.
  turns = read();
  let next = Math.max(-1, ...turns.values()) + 1;
  for (const id of fresh) if (!turns.has(id)) turns.set(id, next++);
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries([...turns].slice(-LIMIT))));
  } catch {
    // The colours hold until the page is closed.
  }
}

/** The turn of a run: its place in the palette, before the palette begins again. */
export function turnOf(id: string): number {
  const known = turns.get(id);
  if (known !== undefined) return known;
  assignColors([id]);
  return turns.get(id) ?? 0;
}
