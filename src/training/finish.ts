/** The end of a run: its best checkpoint's weights, evaluated on the validation and test splits. */
import { LatheError } from '../base/errors';
import type { CheckpointRow, ConfusionMatrix, Metrics } from '../store/schema';
import type { Checkpointer } from './checkpointer';
import type { TrainingLoop } from './loop';
import type { Reporter } from './reporter';

/** What a run amounts to. */
export interface FinalResult {
  checkpoint: CheckpointRow;
  metrics: { train: Metrics; val: Metrics; test: Metrics };
  confusion: { val: ConfusionMatrix | null; test: ConfusionMatrix | null };
}

/**
 * Restores the best checkpoint (of equals the earliest; where none was ranked, the newest) and evaluates it. A damaged
 * one is reported and the next best is used.
 * @returns Null when no checkpoint is left.
 */
export function evaluateBest(
  loop: TrainingLoop,
  checkpointer: Checkpointer,
  reporter: Reporter,
): Promise<FinalResult | null> {
  // The checkpoint's weights are written where an average lies, and evaluated by what was recorded for it.
  return loop.averaged(() => evaluate(loop, checkpointer, reporter));
}

async function evaluate(
  loop: TrainingLoop,
  checkpointer: Checkpointer,
  reporter: Reporter,
): Promise<FinalResult | null> {
  const { state } = loop;
  const latest = await checkpointer.latest();
  const candidates = [
    ...state.ranking.map((entry) => ({ id: entry.checkpoint, train: entry.train })),
    ...(latest === null ? [] : [{ id: latest, train: {} }]),
  ];
  for (const { id, train } of candidates) {
    let checkpoint: CheckpointRow;
    try {
      checkpoint = await checkpointer.loadWeights(id);
    } catch (error) {
      reporter.log('error', `The best checkpoint cannot be used, the next best is. ${LatheError.from(error).message}`);
      continue;
    }
    const val = await loop.evaluateSplit('validation');
    const test = await loop.evaluateSplit('test');
    const { step, epoch } = checkpoint;
    if (test?.metrics && Object.keys(test.metrics).length > 0) {
      reporter.send({ type: 'evaluated', split: 'test', epoch, step, ...test });
    }
    return {
      checkpoint,
      metrics: { train, val: val?.metrics ?? {}, test: test?.metrics ?? {} },
      confusion: { val: val?.confusion ?? null, test: test?.confusion ?? null },
    };
  }
  return null;
}
