/**
 * The trainer: sets a run up from its row, its dataset and its latest good checkpoint, trains it on a device of its own,
 * and records how it ended. One run at a time; the worker over it is `workers/trainer.ts`.
 */
import { LatheError, PASSING } from '../base/errors';
import type { Metrics, RunRow, RunStatus } from '../store/schema';
import { Rejoined } from './collective';
import { evaluateBest } from './finish';
import { Verdicts } from './judge';
import type { LoopEnd } from './loop';
import { withMemoryRemedy } from './memory-remedy';
import { prefixed } from './metrics/names';
import type { LeaveOrder, PageFigures, TrainerApi } from './protocol';
import { setUp, type Sitting, type TrainerSources } from './setup';

export type { TrainerSources } from './setup';

/** A trainer over `sources`. */
export function createTrainer(sources: TrainerSources): TrainerApi {
  let order: LeaveOrder | null = null;
  let sitting: Sitting | null = null;
  let leaving = new AbortController();
  let page: PageFigures | null = null;
  const verdicts = new Verdicts();
  return {
    async train(runId, port, options) {
      order = null;
      leaving = new AbortController();
      page = null;
      const begun = await setUp(sources, runId, port, options, verdicts, leaving.signal);
      try {
        sitting = begun;
        // An order, and what the page measured, may have come while the run was being set up.
        if (order !== null) begun.loop.leave(order);
        if (page) begun.resources?.hear(page);
        if ((await sit(begun)) === 'left') await begun.updates.leave('Its run left the trainer.');
      } finally {
        sitting = null;
        begun.dispose();
      }
    },
    async verdict(reason) {
      verdicts.give(reason);
    },
    async leave(asked) {
      order = asked;
      leaving.abort();
      sitting?.loop.leave(asked);
    },
    async hearPage(figures) {
      page = figures;
      sitting?.resources?.hear(figures);
    },
    async checkpoint() {
      await sitting?.loop.checkpoint();
    },
  };
}

/** How long a failed run waits for the device to say that it is the cause. */
const TROUBLE_MS = 300;

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Trains until the run leaves, and records how; `again`: another trainer goes on with it. */
async function sit(sitting: Sitting): Promise<'left' | 'again'> {
  const { backend, loop, checkpointer, reporter } = sitting;
  const training = trainToEnd(sitting);
  training.catch(() => undefined);
  const trouble = Promise.race([
    backend.lost.then((reason) => ({ kind: 'lost' as const, reason })),
    backend.failed.then((error) => ({ kind: 'broken' as const, error })),
  ]);
  const outcome = await Promise.race([
    trouble,
    training.then(async (end) => {
      if (end instanceof Rejoined) return { kind: 'rejoined' as const, reason: end.message };
      const ended = { kind: 'end' as const, end };
      // Reads from a lost or broken device may fail, or give nonsense, before the device itself says what happened.
      const suspect = end.status === 'failed' || end.status === 'diverged';
      return suspect ? Promise.race([trouble, delay(TROUBLE_MS).then(() => ended)]) : ended;
    }),
  ]);
  if (outcome.kind === 'end') {
    await record(sitting, outcome.end);
    return 'left';
  }
  if (outcome.kind === 'rejoined') {
    await reporter.flush();
    reporter.send({ type: 'rejoined', reason: outcome.reason });
    reporter.mute();
    return 'again';
  }
  // What is still under way computes on a void device: it must not be stored.
  loop.leave('cancel');
  await training.catch(() => undefined);
  await checkpointer.settle().catch(() => undefined);
  if (outcome.kind === 'lost') {
    reporter.send({ type: 'device_lost', reason: outcome.reason });
    reporter.mute();
    return 'again';
  }
  const error = withMemoryRemedy(outcome.error, sitting.config);
  await record(sitting, { status: 'failed', reason: error.message, error, row: {} });
  reporter.mute();
  return 'left';
}

interface Ending {
  status: RunStatus;
  reason: string | null;
  error: LatheError | null;
  row: Partial<RunRow>;
  /** Points that belong to the end of the curves. */
  points?: Metrics;
}

/** Trains; turns every way of ending into what is recorded of it. */
async function trainToEnd(sitting: Sitting): Promise<Ending | Rejoined> {
  const { loop, checkpointer } = sitting;
  try {
    const end = await loop.run();
    await checkpointer.settle();
    return await ending(sitting, end);
  } catch (thrown) {
    if (thrown instanceof Rejoined) return thrown;
    const error = withMemoryRemedy(LatheError.from(thrown, 'training'), sitting.config);
    await checkpointer.settle().catch(() => undefined);
    if (error.kind === 'diverged') return { ...(await withBest(sitting, 'diverged', error.message)), error };
    const status = PASSING.includes(error.kind) ? 'paused' : 'failed';
    return { status, reason: error.message, error, row: {} };
  }
}

async function ending(sitting: Sitting, end: LoopEnd): Promise<Ending> {
  switch (end.kind) {
    case 'complete':
      return withBest(sitting, 'finished', end.reason);
    case 'stopped':
      return withBest(sitting, 'stopped', null);
    case 'pruned':
      return { status: 'pruned', reason: end.reason, error: null, row: {} };
    case 'paused':
    case 'cancelled':
      return { status: end.kind, reason: null, error: null, row: {} };
  }
}

/** Evaluates the best checkpoint for the run's row. */
async function withBest(
  { loop, checkpointer, reporter }: Sitting,
  status: RunStatus,
  reason: string | null,
): Promise<Ending> {
  const ranked = loop.state.ranking.length > 0;
  // A run that diverged before its first evaluation has nothing but its start.
  if (status === 'diverged' && !ranked) return { status, reason, error: null, row: {} };
  const result = await evaluateBest(loop, checkpointer, reporter);
  if (!result) return { status, reason, error: null, row: {} };
  return {
    status,
    reason,
    error: null,
    row: {
      metrics: result.metrics,
      confusion: result.confusion,
      weights_sha256: result.checkpoint.weights.hash,
      best_checkpoint: result.checkpoint.id,
    },
    points: prefixed('test', result.metrics.test),
  };
}

async function record(
  { loop, reporter, resources }: Sitting,
  { status, reason, error, row, points }: Ending,
): Promise<void> {
  const { step, epoch } = loop.state;
  if (status !== 'cancelled') {
    await resources?.look();
    loop.report();
  }
  const { latest, best } = loop.summary;
  const change: Partial<RunRow> = { status, reason, step, epoch, seconds: loop.seconds, ...row };
  change.latest = { ...latest, ...points };
  change.best = { ...best, ...points };
  try {
    await reporter.update(change);
    for (const [metric, value] of Object.entries(points ?? {})) reporter.point(metric, step, value);
    if (status !== 'cancelled') await reporter.flush();
  } catch (failure) {
    // The disk may be full: the page hears it, and the run stays unfinished in the store, to go on later.
    const storage = LatheError.from(failure, 'storage');
    error ??= storage;
    if (status !== 'paused') [status, reason] = ['paused', storage.message];
  }
  if (error) reporter.log('error', error.message);
  reporter.send({
    type: 'ended',
    status,
    reason,
    error: error?.toJSON() ?? null,
    steps_this_process: loop.stepsHere,
  });
}
