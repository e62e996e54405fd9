/**
 * The trainer: sets a run up from its row, its dataset and its latest good checkpoint, trains it on a device of its own,
 * and records how it ended. One run at a time; the worker over it is `workers/trainer.ts`.
 */
import { LatheError } from '../base/errors';
import { resolveConfig } from '../config/resolve';
import type { ResolvedConfig, RunConfig } from '../config/schema';
import type { PreparedData } from '../data/contract';
import { describeIo } from '../data/features/io';
import { startBackend, type Backend } from '../engine/backend';
import { Inference } from '../models/inference';
import { buildModel, type Model } from '../models/model';
import { summarizeModel } from '../models/summary';
import type { Database } from '../store/database';
import { getProfile, putProfile } from '../store/profiles';
import { getRun } from '../store/runs';
import type { DatasetRow, Metrics, Notice, Preprocessing, RunRow, RunStatus } from '../store/schema';
import { findBatchSize, type BatchSizeSearch } from './batch-size';
import { Checkpointer } from './checkpointer';
import { classWeights } from './class-weights';
import { evaluateBest } from './finish';
import { KernelTuning } from './kernel-tuning';
import { judgeOf, Verdicts } from './judge';
import { TrainingLoop, type LoopEnd } from './loop';
import { crossEntropyLoss, huberDelta, huberLoss, meanSquaredErrorLoss, type TaskLoss } from './losses';
import type { MetricAccumulator } from './metrics/accumulator';
import { ClassificationMetrics } from './metrics/classification';
import { LanguageModelMetrics } from './metrics/language-model';
import { prefixed, resolveMonitor } from './metrics/names';
import { RegressionMetrics } from './metrics/regression';
import { withMemoryRemedy } from './memory-remedy';
import { mixedPrecision } from './mixed-precision';
import { createOptimizer } from './optimizers/registry';
import { profileWindow } from './profile-window';
import { RunProfiler } from './profiler';
import type { LeaveOrder, TrainerApi, TrainOptions } from './protocol';
import { Reporter } from './reporter';
import { createSchedule } from './schedules/registry';
import { initialState, type TrainingState } from './state';
import { runLength, StepBatches } from './step-batches';
import { TrainStep, type TrainStepOptions } from './train-step';

/** Where a trainer gets what it needs. */
export interface TrainerSources {
  database: () => Promise<Database>;
  prepare: (database: Database, dataset: DatasetRow, config: RunConfig) => Promise<PreparedData>;
}

/** A trainer over `sources`. */
export function createTrainer(sources: TrainerSources): TrainerApi {
  let order: LeaveOrder | null = null;
  let loop: TrainingLoop | null = null;
  const verdicts = new Verdicts();
  return {
    async train(runId, port, options) {
      order = null;
      const sitting = await setUp(sources, runId, port, options, verdicts);
      try {
        loop = sitting.loop;
        // An order may have come while the run was being set up.
        if (order !== null) loop.leave(order);
        await sit(sitting);
      } finally {
        loop = null;
        sitting.dispose();
      }
    },
    async verdict(reason) {
      verdicts.give(reason);
    },
    async leave(asked) {
      order = asked;
      loop?.leave(asked);
    },
    async checkpoint() {
      await loop?.checkpoint();
    },
  };
}

interface Sitting {
  config: RunConfig;
  backend: Backend;
  loop: TrainingLoop;
  checkpointer: Checkpointer;
  reporter: Reporter;
  dispose(): void;
}

/** Everything up to the first step. @throws LatheError that says what keeps the run from starting. */
async function setUp(
  sources: TrainerSources,
  runId: string,
  port: MessagePort,
  options: TrainOptions,
  verdicts: Verdicts,
): Promise<Sitting> {
  const database = await sources.database();
  const run = await getRun(database, runId);
  const dataset = await database.get('datasets', run.dataset_id);
  if (!dataset) {
    throw new LatheError(
      'data',
      `The dataset “${run.dataset_name}” of this run is not in this browser any more. Import it again.`,
    );
  }
  const backend = await startBackend(options.backends);
  try {
    const data = await sources.prepare(database, dataset, run.config);
    const { preprocessing } = data;
    const task = taskParts(run.config, data);
    const io = describeIo(preprocessing);
    const notices = [...data.notices];
    if (data.splits.train.length === 0) {
      throw new LatheError(
        'data',
        'The training split is empty. Lower data.split.validation and data.split.test, or add examples.',
      );
    }
    const reporter = new Reporter(database, runId, port);
    const hasValidation = data.splits.validation.length > 0;
    const judge = judgeOf(options.reports, preprocessing.task, hasValidation, reporter, verdicts);
    const { l2, gradient_clip, gradient_accumulation, ema, activation_checkpointing } = run.config.training;
    const mixed = mixedPrecision(run.config, backend, notices);
    const optimizer = createOptimizer(run.config.training.optimizer);
    const stepOptions: TrainStepOptions = {
      optimizer,
      l2,
      clip: gradient_clip?.norm ?? null,
      loss: task.loss,
      accumulates: gradient_accumulation > 1,
      ema,
      recompute: activation_checkpointing,
      mixed,
      onEager: (reason) =>
        reporter.log('warning', `Steps of this model cannot be recorded, so each is queued anew. ${reason}`),
    };
    const makeModel = (): Model => buildModel(run.config.model, io, run.config.reproducibility.seed);
    const search = { config: run.config, backend, data, io, makeModel, step: stepOptions };
    const config = await resolve(run, search, notices);
    const { batch_size } = config.training;
    const summary = summarizeModel(config.model, io, batch_size, config.training.optimizer);
    const { monitor, earlyStopping } = monitors(config, preprocessing, hasValidation, notices);
    const length = runLength(config, data.splits.train.length);
    const model = makeModel();
    const step = new TrainStep(backend, model, stepOptions);
    const inference = new Inference(model);
    const checkpointer = new Checkpointer(
      database,
      runId,
      { model, arena: step.arena, optimizer, averaged: ema !== null },
      {
        before: () => reporter.flush(),
        written: ({ id, step, epoch, reason, monitor, bytes }, best) =>
          reporter.send({ type: 'checkpoint', checkpoint: { id, step, epoch, reason, monitor, bytes }, best }),
        damaged: (message) => reporter.log('error', message),
      },
    );
    const restored = await checkpointer.restore();
    const state = restored ?? initialState(earlyStopping !== null);
    await reporter.truncateAfter(state.step);
    const before = run.step > 0 || run.resumed.length > 0 || restored !== null;
    const row = startRow(run, backend, state, { model: summary, preprocessing, notices, total_steps: length.total });
    if (run.config.training.batch_size === 'auto') row.batch_size = batch_size;
    if (before) row.resumed = [...run.resumed, { step: state.step, at: Date.now() }];
    await reporter.update(row);
    reporter.send({
      type: 'started',
      backend: backend.info,
      step: state.step,
      total_steps: length.total,
      steps_per_epoch: length.perEpoch,
      resumed_from: before ? state.step : null,
    });
    if (before) reporter.log('info', `Training goes on from step ${state.step}.`);
    for (const notice of notices) if (!restored) reporter.log(notice.level, notice.message);
    const log = (level: 'info' | 'warning', message: string): void => reporter.log(level, message);
    const tuning = await KernelTuning.start(config, { backend, database, step, inference, log });
    // The step behind the first one may be recorded anew, with other kernels: it is no step like the others either.
    const start = state.step + (tuning ? 1 : 0);
    const profiler = await profilerOf(run, database, { backend, step, reporter }, start, length.total);

    const loop = new TrainingLoop(
      {
        config,
        data,
        batches: new StepBatches(data, config, length),
        model,
        inference,
        step,
        scaled: mixed !== null,
        schedule: createSchedule(config.training.schedule, length),
        length,
        monitor,
        earlyStopping,
        makeMetrics: task.metrics,
        checkpointer,
        reporter,
        profiler,
        tuning,
        judge,
        memory: () => backend.memory(),
        secondsBefore: run.seconds,
      },
      state,
      restored !== null,
    );
    const dispose = (): void => {
      profiler?.dispose();
      tuning?.dispose();
      inference.dispose();
      step.dispose();
      model.dispose();
      backend.dispose();
    };
    return { config, backend, loop, checkpointer, reporter, dispose };
  } catch (error) {
    backend.dispose();
    throw withMemoryRemedy(LatheError.from(error), run.config);
  }
}

/** The profiler of this sitting, where the config asks for one and the run has no profile yet. */
async function profilerOf(
  { id, config }: RunRow,
  database: Database,
  { backend, step, reporter }: { backend: Backend; step: TrainStep; reporter: Reporter },
  start: number,
  total: number,
): Promise<RunProfiler | null> {
  if (!config.profiling.enabled || (await getProfile(database, id))) return null;
  const window = profileWindow(config.profiling, start, total);
  if (!window) {
    reporter.log('warning', 'The run is not profiled: that takes three steps in a row, and fewer are left.');
    return null;
  }
  return new RunProfiler({
    backend,
    step,
    window,
    store: async (report, trace) => {
      await putProfile(database, { run_id: id, created: Date.now(), report, trace });
      reporter.send({ type: 'profiled', step: window.last });
    },
    log: (level, message) => reporter.log(level, message),
  });
}

/** The run's config with its number of examples a step: what it says, what was found before, or what fits now. */
async function resolve(run: RunRow, search: BatchSizeSearch, notices: Notice[]): Promise<ResolvedConfig> {
  const { batch_size } = run.config.training;
  const known = batch_size === 'auto' ? run.batch_size : batch_size;
  if (known !== undefined) return resolveConfig(run.config, known);
  const { size, notice } = await findBatchSize(search);
  notices.push(notice);
  return resolveConfig(run.config, size);
}

/** Loss and metrics of the run's task. */
function taskParts(
  config: RunConfig,
  { preprocessing, class_counts }: PreparedData,
): {
  loss: TaskLoss;
  metrics: () => MetricAccumulator;
} {
  const { classes, target_scale } = preprocessing;
  const delta = huberDelta(config.training, preprocessing.task);
  if (preprocessing.task === 'classification') {
    if (!classes) throw new LatheError('internal', 'A classification without classes.');
    const weights = classWeights(config.training.class_weights, classes, class_counts ?? []);
    return {
      loss: crossEntropyLoss(weights),
      metrics: () => new ClassificationMetrics(classes, weights),
    };
  }
  if (preprocessing.task === 'language_model') {
    if (config.training.class_weights !== null) {
      throw new LatheError(
        'config',
        'training.class_weights weights classes, and a language model has none. Set it to null.',
        { key: 'training.class_weights' },
      );
    }
    const { outputs } = describeIo(preprocessing);
    return { loss: crossEntropyLoss(null), metrics: () => new LanguageModelMetrics(outputs) };
  }
  const std = target_scale?.std ?? preprocessing.target.map(() => 1);
  return {
    loss: delta === null ? meanSquaredErrorLoss(std.length) : huberLoss(std.length, delta),
    metrics: () => new RegressionMetrics(std, delta),
  };
}

function monitors(
  config: RunConfig,
  { task }: Preprocessing,
  hasValidation: boolean,
  notices: Notice[],
): { monitor: string; earlyStopping: RunConfig['training']['early_stopping'] } {
  const { checkpoints, early_stopping } = config.training;
  const monitor = resolveMonitor(checkpoints.monitor, 'training.checkpoints.monitor', task, hasValidation);
  if (monitor !== checkpoints.monitor) {
    notices.push({
      level: 'warning',
      message: `There is no validation split, so the best checkpoint is chosen by ${monitor} instead of ${checkpoints.monitor}.`,
    });
  }
  if (!early_stopping) return { monitor, earlyStopping: null };
  const watched = resolveMonitor(early_stopping.monitor, 'training.early_stopping.monitor', task, hasValidation);
  return { monitor, earlyStopping: { ...early_stopping, monitor: watched } };
}

function startRow(run: RunRow, backend: Backend, state: TrainingState, row: Partial<RunRow>): Partial<RunRow> {
  return {
    ...row,
    status: 'running',
    reason: null,
    backend: backend.info,
    step: state.step,
    epoch: state.epoch,
    latest: { ...state.latest },
    best: { ...state.best },
    best_checkpoint: state.ranking[0]?.checkpoint ?? null,
    notices: [...new Map([...run.notices, ...(row.notices ?? [])].map((notice) => [notice.message, notice])).values()],
  };
}

/** How long a failed run waits for the device to say that it is the cause. */
const TROUBLE_MS = 300;

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Trains until the run leaves, and records how. */
async function sit(sitting: Sitting): Promise<void> {
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
      const ended = { kind: 'end' as const, end };
      // Reads from a lost or broken device may fail, or give nonsense, before the device itself says what happened.
      const suspect = end.status === 'failed' || end.status === 'diverged';
      return suspect ? Promise.race([trouble, delay(TROUBLE_MS).then(() => ended)]) : ended;
    }),
  ]);
  if (outcome.kind === 'end') {
    await record(sitting, outcome.end);
    return;
  }
  // What is still under way computes on a void device: it must not be stored.
  loop.leave('cancel');
  await training.catch(() => undefined);
  await checkpointer.settle().catch(() => undefined);
  if (outcome.kind === 'lost') {
    reporter.send({ type: 'device_lost', reason: outcome.reason });
    reporter.mute();
    return;
  }
  const error = withMemoryRemedy(outcome.error, sitting.config);
  await record(sitting, { status: 'failed', reason: error.message, error, row: {} });
  reporter.mute();
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
async function trainToEnd(sitting: Sitting): Promise<Ending> {
  const { loop, checkpointer } = sitting;
  try {
    const end = await loop.run();
    await checkpointer.settle();
    return await ending(sitting, end);
  } catch (thrown) {
    const error = withMemoryRemedy(LatheError.from(thrown, 'training'), sitting.config);
    await checkpointer.settle().catch(() => undefined);
    if (error.kind === 'diverged') return { ...(await withBest(sitting, 'diverged', error.message)), error };
    const status = error.kind === 'storage' ? 'paused' : 'failed';
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

async function record({ loop, reporter }: Sitting, { status, reason, error, row, points }: Ending): Promise<void> {
  const { step, epoch, latest, best } = loop.state;
  if (status !== 'cancelled') loop.report();
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
