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
 * Restores the best checkpoint (of equals the earliest; where none was ranked, that of the last step) and evaluates it. One
 * that is damaged or not here is copied from others who train the run; where that fails, the next best is used.
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
  const found = await loadBest(loop, checkpointer, reporter);
  await completeKept(loop, checkpointer, reporter);
  // Who sends the examples stays for as long as something is wanted.
  const streamed = loop.hurry();
  if (!streamed || !found) loop.satisfied();
  if (!found) return null;
  const { checkpoint, train } = found;
  // Every trainer by itself: of several, some may have gone.
  const val = await scores('validation', found.val, loop, reporter);
  const test = await scores('test', {}, loop, reporter);
  if (streamed) loop.satisfied();
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

type Scores = Awaited<ReturnType<TrainingLoop['evaluateSplit']>>;

/** A split as the model scores on it now; `known`, where the examples are with others and those are gone. */
async function scores(
  split: 'validation' | 'test',
  known: Metrics,
  loop: TrainingLoop,
  reporter: Reporter,
): Promise<Scores> {
  try {
    return await loop.evaluateSplit(split, { alone: true });
  } catch (thrown) {
    const error = LatheError.from(thrown);
    if (error.kind !== 'group') throw error;
    const left = Object.keys(known).length > 0 ? 'Its scores are those of the time of the checkpoint.' : '';
    reporter.log(
      'warning',
      `The ${split} split could not be evaluated at the end: its examples are not in this browser, and nobody sends them any more. ${left}`.trim(),
    );
    return { metrics: known, confusion: null };
  }
}

/** Puts together what is kept in parts, as long as those are there who have the rest of it. */
async function completeKept(loop: TrainingLoop, checkpointer: Checkpointer, reporter: Reporter): Promise<void> {
  const { ranking, step: end } = loop.state;
  for (const { id, step } of await checkpointer.incomplete()) {
    // It was there in case that a later one was damaged.
    if (step !== end && ranking.every(({ checkpoint }) => checkpoint !== id)) {
      await checkpointer.discard(id);
      continue;
    }
    try {
      const shared = await loop.shared(step);
      if (!shared) throw new LatheError('group', 'Nobody else has it.');
      await checkpointer.adopt(shared, false);
    } catch (error) {
      reporter.log(
        'warning',
        `The checkpoint of step ${step} is here in parts only, and cannot be used. ${LatheError.from(error).message}`,
      );
    }
  }
}

async function loadBest(
  loop: TrainingLoop,
  checkpointer: Checkpointer,
  reporter: Reporter,
): Promise<{ checkpoint: CheckpointRow; train: Metrics; val: Metrics } | null> {
  const { ranking, step: end } = loop.state;
  const latest = await checkpointer.latest();
  const candidates = ranking.map(({ checkpoint, step, train, val }) => ({ id: checkpoint, step, train, val }));
  // The last step's may be with others only.
  if (checkpointer.shared && latest?.step !== end)
    candidates.push({ id: checkpointer.idOf(end), step: end, train: {}, val: {} });
  if (latest) candidates.push({ ...latest, train: {}, val: {} });
  for (const [i, { id, step, train, val }] of candidates.entries()) {
    try {
      return { checkpoint: await load(loop, checkpointer, id, step, i === 0), train, val };
    } catch (error) {
      reporter.log(
        'error',
        `The best checkpoint, of step ${step}, cannot be used, the next best is. ${LatheError.from(error).message}`,
      );
    }
  }
  return null;
}

/** @throws LatheError where it is damaged or missing, and nobody else has it. */
async function load(
  loop: TrainingLoop,
  checkpointer: Checkpointer,
  id: string,
  step: number,
  best: boolean,
): Promise<CheckpointRow> {
  try {
    return await checkpointer.loadWeights(id);
  } catch (error) {
    const shared = await loop.shared(step);
    if (!shared) throw error;
    await checkpointer.adopt(shared, best);
    return checkpointer.loadWeights(id);
  }
}
