/** Sets a run up from its row, its dataset and its latest good checkpoint: everything up to the first step. */
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
import { hasMediaAt } from '../store/media';
import { getProfile, putProfile } from '../store/profiles';
import { getRun } from '../store/runs';
import { NOT_HERE, type DatasetRow, type Notice, type Preprocessing, type RunRow } from '../store/schema';
import { findBatchSize, type BatchSizeSearch } from './batch-size';
import { Checkpointer } from './checkpointer';
import { classWeights } from './class-weights';
import type { Collective } from './collective';
import { CollectiveUpdates } from './collective-updates';
import { DeviceUpdates, type DeviceUpdatesParts } from './device-updates';
import { GradientStep } from './gradient-step';
import { ItemBatches } from './item-batches';
import { judgeOf, type Verdicts } from './judge';
import { KernelTuning } from './kernel-tuning';
import { LocalSteps, OUTER_OPTIMIZER } from './local-steps';
import { TrainingLoop } from './loop';
import { crossEntropyLoss, huberDelta, huberLoss, meanSquaredErrorLoss, type TaskLoss } from './losses';
import { MediaRecorder, recordsMedia } from './media/recorder';
import { withMemoryRemedy } from './memory-remedy';
import type { MetricAccumulator } from './metrics/accumulator';
import { ClassificationMetrics } from './metrics/classification';
import { LanguageModelMetrics } from './metrics/language-model';
import { resolveMonitor } from './metrics/names';
import { RegressionMetrics } from './metrics/regression';
import { mixedPrecision } from './mixed-precision';
import { peaksAmong, type ResourceMonitor } from './monitor/resource-monitor';
import { startMonitor } from './monitor/start-monitor';
import { WorkClock } from './monitor/work-clock';
import type { Optimizer } from './optimizers/optimizer';
import { createOptimizer } from './optimizers/registry';
import { profileWindow } from './profile-window';
import { RunProfiler } from './profiler';
import type { TrainOptions } from './protocol';
import { Reporter } from './reporter';
import { createSchedule } from './schedules/registry';
import type { RunLength } from './schedules/schedule';
import { initialState, type TrainingState } from './state';
import { runLength, StepBatches } from './step-batches';
import { TrainStep, type TrainStepOptions } from './train-step';
import { Departed, type Updates } from './updates';

/** Where a trainer gets what it needs. */
export interface TrainerSources {
  database: () => Promise<Database>;
  prepare: (database: Database, dataset: DatasetRow, config: RunConfig) => Promise<PreparedData>;
  /** Data that is not here, from the other end of a port; it is in a hurry once `leaving` is aborted. */
  receive: (port: MessagePort, leaving: AbortSignal) => Promise<PreparedData>;
  /** The group behind a port, for runs that several trainers compute together. */
  collective: (port: MessagePort, config: RunConfig) => Collective;
}

/** A run that sits at a device, ready for its first step. */
export interface Sitting {
  config: RunConfig;
  backend: Backend;
  updates: Updates;
  loop: TrainingLoop;
  checkpointer: Checkpointer;
  reporter: Reporter;
  /** Where the run's use of the machine is watched. */
  resources: ResourceMonitor | null;
  dispose(): void;
}

/** Everything up to the first step. @throws LatheError that says what keeps the run from starting. */
export async function setUp(
  sources: TrainerSources,
  runId: string,
  port: MessagePort,
  options: TrainOptions,
  verdicts: Verdicts,
  signal: AbortSignal,
): Promise<Sitting> {
  const database = await sources.database();
  const run = await getRun(database, runId);
  const loadData = await dataOf(sources, database, run, options, signal);
  const backend = await startBackend(options.backends);
  try {
    const data = await loadData();
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
    const inference = new Inference(model);
    const outer = options.collective && config.training.distributed.local_steps !== null;
    const kept = outer ? createOptimizer(OUTER_OPTIMIZER) : optimizer;
    const { updates, step } = updatesOf(sources, options, {
      config,
      backend,
      data,
      model,
      inference,
      length,
      stepOptions,
      optimizer: kept,
      makeMetrics: task.metrics,
    });
    const checkpointer = new Checkpointer(
      database,
      runId,
      {
        model,
        arena: updates.arena,
        optimizer: kept,
        averaged: ema !== null,
        shared: config.training.distributed.enabled,
      },
      {
        before: () => reporter.flush(),
        written: ({ id, step, epoch, reason, monitor, bytes }, best) =>
          reporter.send({ type: 'checkpoint', checkpoint: { id, step, epoch, reason, monitor, bytes }, best }),
        damaged: (message) => reporter.log('error', message),
      },
    );
    const restored = await checkpointer.restore(async (step) => {
      const telling = setTimeout(() => reporter.log('info', waitingFor(step)), TELL_WAIT_MS);
      try {
        return await unlessAborted(updates.recover(step), signal);
      } finally {
        clearTimeout(telling);
      }
    });
    const state = checkpointer.named(await updates.start(restored ?? initialState(earlyStopping !== null), signal));
    await checkpointer.discardAfter(state.step);
    await reporter.truncateAfter(state.step);
    const before = run.step > 0 || run.resumed.length > 0 || restored !== null;
    const best = await checkpointer.best(state);
    const row = startRow(run, backend, state, {
      best_checkpoint: best,
      model: summary,
      preprocessing,
      notices,
      total_steps: length.total,
    });
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
    const tuning = step && (await KernelTuning.start(config, { backend, database, step, inference, log }));
    // The step behind the first one may be recorded anew, with other kernels: it is no step like the others either.
    const start = state.step + (tuning ? 1 : 0);
    const profiler = step && (await profilerOf(run, database, { backend, step, reporter }, start, length.total));
    if (updates instanceof DeviceUpdates) updates.profiler = profiler;
    const gradients = step?.arena ?? null;
    const recorded = (await hasMediaAt(database, runId, state.step)) ? state.step : null;
    const media = recordsMedia(config)
      ? new MediaRecorder({ config, data, model, inference, gradients, reporter }, recorded)
      : null;

    const work = new WorkClock();
    const watch = startMonitor(run, { database, backend, reporter, work: options.collective ? null : work });
    const resources = watch?.monitor ?? null;
    const loop = new TrainingLoop(
      {
        config,
        data,
        updates,
        tokens: io.tokens ? io.input_shape[0] : null,
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
        media,
        judge,
        resources,
        work,
        memory: () => backend.memory(),
        secondsBefore: run.seconds,
      },
      state,
      // What was joined is kept by others already.
      restored !== null || state.step > 0,
    );
    const dispose = (): void => {
      watch?.stop();
      profiler?.dispose();
      tuning?.dispose();
      inference.dispose();
      updates.dispose();
      model.dispose();
      backend.dispose();
    };
    return { config, backend, updates, loop, checkpointer, reporter, resources, dispose };
  } catch (error) {
    backend.dispose();
    throw withMemoryRemedy(LatheError.from(error), run.config);
  }
}

/** How the run's data is had: from this browser, or from others. @throws LatheError where neither is possible */
async function dataOf(
  { prepare, receive }: TrainerSources,
  database: Database,
  run: RunRow,
  { examples }: TrainOptions,
  leaving: AbortSignal,
): Promise<() => Promise<PreparedData>> {
  if (run.dataset_id === NOT_HERE) {
    if (examples) return () => receive(examples, leaving);
    throw new LatheError(
      'data',
      `The dataset “${run.dataset_name}” of this run is not in this browser: others sent its examples. Resume the run in its room.`,
    );
  }
  const dataset = await database.get('datasets', run.dataset_id);
  if (dataset) return () => prepare(database, dataset, run.config);
  throw new LatheError(
    'data',
    `The dataset “${run.dataset_name}” of this run is not in this browser any more. Import it again.`,
  );
}

/** After so many milliseconds of waiting for others the log says so. */
const TELL_WAIT_MS = 2_000;

const waitingFor = (step: number): string =>
  `Parts of the checkpoint of step ${step} are not in this browser. The run goes on once those of its group are here who keep them.`;

/** @throws Departed once the run is to leave */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const departed = new Promise<never>((_resolve, reject) => {
    const leave = (): void =>
      reject(new Departed('group', 'The run was asked to leave before its checkpoint was put together.'));
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave);
  });
  return Promise.race([work, departed]);
}

/** Who computes the run's updates; `step`: where this device does so by itself. */
function updatesOf(
  { collective }: TrainerSources,
  options: TrainOptions,
  parts: Pick<DeviceUpdatesParts, 'config' | 'data' | 'model' | 'inference'> & {
    backend: Backend;
    length: RunLength;
    stepOptions: TrainStepOptions;
    /** What the parameters are updated with: the group's, where peers take steps by themselves. */
    optimizer: Optimizer;
    makeMetrics: () => MetricAccumulator;
  },
): { updates: Updates; step: TrainStep | null } {
  const { config, data, backend, model, length, stepOptions, optimizer } = parts;
  if (!options.collective) {
    const step = new TrainStep(backend, model, stepOptions);
    const batches = new StepBatches(data, config, length);
    return { updates: new DeviceUpdates({ ...parts, batches, total: length.total, step }), step };
  }
  const group = collective(options.collective, config);
  const items = new ItemBatches(data, config, length);
  const { bucket_mb, local_steps } = config.training.distributed;
  const { loss, mixed = null, recompute = false, onEager } = stepOptions;
  const bucket = Math.round((bucket_mb * 2 ** 20) / 4);
  const step =
    local_steps === null
      ? new GradientStep(backend, model, { loss, mixed, recompute, bucket, onEager })
      : new LocalSteps(backend, model, stepOptions);
  const outerRate = local_steps === null ? null : OUTER_OPTIMIZER.learning_rate;
  return {
    updates: new CollectiveUpdates({ ...parts, items, step, optimizer, outerRate, collective: group }),
    step: null,
  };
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
    latest: { ...peaksAmong(run.latest), ...state.latest },
    best: { ...peaksAmong(run.best), ...state.best },
    notices: [...new Map([...run.notices, ...(row.notices ?? [])].map((notice) => [notice.message, notice])).values()],
  };
}
