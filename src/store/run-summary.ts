/** What a run came to, in one flat record: what trackers and registries show of it. */
import type { Metrics, RunRow } from './schema';

/** Last values (`loss`, `val_loss`), best ones (`best/val_loss`), and those of the best checkpoint (`test/accuracy`). */
export function runSummary({ latest, best, metrics, seconds, epoch, step }: RunRow): Metrics {
  return { ...latest, ...under('best', best), ...splitMetrics(metrics), seconds, epoch, step };
}

/** Scores of a model by split: `test/accuracy`. */
export function splitMetrics(scores: RunRow['metrics']): Metrics {
  return scores ? { ...under('train', scores.train), ...under('val', scores.val), ...under('test', scores.test) } : {};
}

const under = (name: string, values: Metrics): Metrics =>
  Object.fromEntries(Object.entries(values).map(([metric, value]) => [`${name}/${metric}`, value]));
