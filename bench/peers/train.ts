/** Trains `task` at one peer. */
import { startBackend, type Backend } from '../../src/engine/backend';
import { setVariable } from '../../src/engine/variables';
import { buildModel, type Model } from '../../src/models/model';
import { Inference } from '../../src/models/inference';
import { PortCollective } from '../../src/peers/trainer/port-collective';
import { CollectiveUpdates } from '../../src/training/collective-updates';
import { trainableVariables } from '../../src/training/forward-backward';
import { GradientStep } from '../../src/training/gradient-step';
import { ItemBatches } from '../../src/training/item-batches';
import { LocalSteps, OUTER_OPTIMIZER } from '../../src/training/local-steps';
import { crossEntropyLoss } from '../../src/training/losses';
import { ClassificationMetrics } from '../../src/training/metrics/classification';
import { createOptimizer } from '../../src/training/optimizers/registry';
import { initialState } from '../../src/training/state';
import { runLength } from '../../src/training/step-batches';
import { TrainStep } from '../../src/training/train-step';
import type { UpdateUnderWay } from '../../src/training/updates';
import { averaged } from './averaged';
import type { PeerTask } from './protocol';
import { waitInGroup, waitWithAll } from './waiting';
import { BATCH, configOf, digits, workloadNamed, type ModelWorkload } from './workloads';

/** Kept from run to run, with the kernels that it has compiled. */
let started: Promise<Backend> | null = null;

const device = (): Promise<Backend> => (started ??= startBackend(['webgpu']));

/** Trains until all steps are done. */
export async function startTraining(task: PeerTask, port: MessagePort): Promise<void> {
  const workload = workloadNamed(task.workload);
  const together = task.method !== 'all_to_all';
  if (workload.kind === 'waiting') await (together ? waitInGroup : waitWithAll)(workload, task, port);
  else await (together ? trainInGroup : trainWithAll)(workload, task, port);
}

async function trainInGroup(workload: ModelWorkload, task: PeerTask, port: MessagePort): Promise<void> {
  const config = configOf(workload, task.method, task.members);
  const backend = await device();
  const data = digits(workload);
  const model = buildModel(config.model, workload.io, config.reproducibility.seed);
  const optimizer = createOptimizer(config.training.optimizer);
  const loss = crossEntropyLoss(null);
  const bucket = Math.round((config.training.distributed.bucket_mb * 2 ** 20) / 4);
  const local = task.method === 'local_steps';
  const step = local
    ? new LocalSteps(backend, model, { optimizer, l2: 0, clip: null, loss, accumulates: false })
    : new GradientStep(backend, model, { loss, mixed: null, recompute: false, bucket });
  const makeMetrics = (): ClassificationMetrics =>
    new ClassificationMetrics(Array.from({ length: workload.io.outputs }, (_, i) => String(i)));
  const inference = new Inference(model);
  const updates = new CollectiveUpdates({
    config,
    data,
    items: new ItemBatches(data, config, runLength(config, data.examples)),
    model,
    inference,
    step,
    optimizer: local ? createOptimizer(OUTER_OPTIMIZER) : optimizer,
    outerRate: local ? OUTER_OPTIMIZER.learning_rate : null,
    collective: new PortCollective(port, config.training.distributed.micro_batches),
    makeMetrics,
  });
  await updates.start(initialState(false), new AbortController().signal);
  const rate = config.training.optimizer.learning_rate;
  let before: UpdateUnderWay | null = null;
  let passes = 0;
  for (let index = 0; index < task.steps; index++) {
    // As the training loop does: an update begins before the one before it has landed.
    const update: UpdateUnderWay = await updates.begin(index, passes, rate, { kept: null, overdue: () => false });
    passes += update.passes;
    await before?.land(makeMetrics());
    before = update;
  }
  await before?.land(makeMetrics());
  inference.dispose();
  updates.dispose();
  model.dispose();
}

/** Takes steps on its own share of each batch, with an optimizer of its own, and gives its weights to be averaged. */
async function trainWithAll(workload: ModelWorkload, task: PeerTask, port: MessagePort): Promise<void> {
  const config = configOf(workload, task.method, task.members);
  const backend = await device();
  const data = digits(workload);
  const model = buildModel(config.model, workload.io, config.reproducibility.seed);
  const optimizer = createOptimizer(config.training.optimizer);
  const loss = crossEntropyLoss(null);
  const step = new TrainStep(backend, model, { optimizer, l2: 0, clip: null, loss, accumulates: false });
  const rate = config.training.optimizer.learning_rate;
  const each = BATCH / task.members;
  for (let index = 0; index < task.steps; index++) {
    const first = (index * BATCH + task.rank * each) % data.examples;
    const batch = await data.batch(Array.from({ length: each }, (_, i) => (first + i) % data.examples));
    const started = performance.now();
    await step.run([batch], index + 1, index, rate);
    const values = await weightsOf(model);
    setWeights(model, await averaged(port, index, values, performance.now() - started));
  }
  step.dispose();
  model.dispose();
}

async function weightsOf(model: Model): Promise<Float32Array<ArrayBuffer>> {
  const parts = await Promise.all(trainableVariables(model).map((variable) => variable.data<'float32'>()));
  const values = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return values;
}

function setWeights(model: Model, values: Float32Array): void {
  let at = 0;
  for (const variable of trainableVariables(model)) {
    setVariable(variable, values.subarray(at, at + variable.size));
    at += variable.size;
  }
}
