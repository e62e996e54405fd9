/** The best checkpoints of a run by the monitored metric. */
import { better } from './metrics/names';
import type { RankedCheckpoint } from './state';

/** The ranking with `entry` in its place, cut to `keep`; of equals the earlier stays ahead. */
export function rank(
  ranking: RankedCheckpoint[],
  entry: RankedCheckpoint,
  monitor: string,
  keep: number,
): RankedCheckpoint[] {
  if (!Number.isFinite(entry.value)) return ranking;
  const at = ranking.findIndex((other) => better(monitor, entry.value, other.value));
  const next = at < 0 ? [...ranking, entry] : [...ranking.slice(0, at), entry, ...ranking.slice(at)];
  return next.slice(0, keep);
}
