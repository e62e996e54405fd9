/**
 * The batch-size finder (`training.batch_size: auto`): the largest power of two whose steps and evaluations fit the device.
 *
 * Two small steps are recorded, and what their recordings hold is taken as linear in the examples; nothing is tried until it
 * fails, since a device that runs out of memory may be lost with all that is on it.
 */
import { sizeInWords } from '../base/bytes';
import type { RunConfig } from '../config/schema';
import type { PreparedData } from '../data/contract';
import type { Backend } from '../engine/backend';
import type { Capture } from '../engine/capture';
import { hasRoom, largestBuffer } from '../engine/device-memory';
import type { LatheBackend } from '../engine/webgpu-backend';
import { Inference } from '../models/inference';
import type { Model } from '../models/model';
import { planModel, sizeOf, type ModelIo } from '../models/plan';
import type { Notice } from '../store/schema';
import { batchesNeed, largestFitting, linear, type Footprint, type Lengths, type Linear } from './footprint';
import { TrainStep, type TrainStepOptions } from './train-step';

/** What the finder works with. */
export interface BatchSizeSearch {
  config: RunConfig;
  backend: Backend;
  data: PreparedData;
  io: ModelIo;
  /** A model of the run, for steps that are not kept. */
  makeModel: () => Model;
  step: TrainStepOptions;
}

/** Where the device tells nothing of its memory. */
const USUAL = 64;

/** Largest that the config takes. */
const LARGEST = 2 ** 20;

/**
 * Share that is taken of the largest buffer which the adapter allows. A browser tells nothing else of the memory there is;
 * the rest is left to what the device shares it with.
 */
const SHARE = 0.8;

/** Numbers that a trial's layers give together, about: enough that no buffer is of the smallest size. */
const TRIAL = 2 ** 16;

/** Examples a step for the run, with a notice that says why so many. */
export async function findBatchSize(search: BatchSizeSearch): Promise<{ size: number; notice: Notice }> {
  const { backend, data, config } = search;
  const lengths: Lengths = {
    train: data.splits.train.length,
    evaluated: [data.splits.validation.length, data.splits.test.length],
    accumulation: config.training.gradient_accumulation,
  };
  const chosen = (size: number, why: string): { size: number; notice: Notice } => ({
    size,
    notice: { level: 'info', message: `training.batch_size is auto: ${size} examples a step, ${why}.` },
  });
  if (lengths.train <= 1) return chosen(1, 'since the training split has no more');
  const { webgpu } = backend;
  const footprint = webgpu && (await measure(search, webgpu));
  if (!webgpu || !footprint) {
    const why = webgpu
      ? 'as usual, since steps of this model cannot be recorded'
      : 'as usual, since only WebGPU tells its memory';
    return chosen(Math.min(USUAL, powerOfTwo(lengths.train)), why);
  }
  const limits = { bytes: SHARE * webgpu.device.limits.maxBufferSize, buffer: largestBuffer(webgpu.device) };
  const most = powerOfTwo(Math.min(lengths.train, LARGEST));
  let size = largestFitting(footprint, limits, lengths, most);
  while (size > 1 && !(await hasRoom(webgpu.device, batchesNeed(footprint, size, lengths)))) size /= 2;
  const need = sizeInWords(batchesNeed(footprint, size, lengths));
  if (size === most) return chosen(size, `the largest power of two in the training split; they need about ${need}`);
  const twice = sizeInWords(batchesNeed(footprint, 2 * size, lengths));
  return chosen(
    size,
    `which need about ${need}; twice as many would need ${twice}, and ${sizeInWords(limits.bytes)} may be taken on this adapter`,
  );
}

const powerOfTwo = (most: number): number => 2 ** Math.floor(Math.log2(Math.max(1, most)));

/** What recordings of two sizes hold; null when steps cannot be recorded. */
async function measure(search: BatchSizeSearch, webgpu: LatheBackend): Promise<Footprint | null> {
  const { backend, io, config, data, makeModel } = search;
  const { train } = data.splits;
  const outputs = planModel(config.model, io).map((layer) => sizeOf(layer.output_shape));
  const numbers = outputs.reduce((sum, size) => sum + size, sizeOf(io.input_shape));
  const small = Math.min(256, powerOfTwo(TRIAL / numbers));
  const before = webgpu.memoryReport().total;
  const model = makeModel();
  const step = new TrainStep(backend, model, { ...search.step, onEager: undefined });
  const inference = new Inference(model);
  try {
    const held = webgpu.memoryReport().total - before;
    const inputs: number[] = [];
    for (const [index, n] of [small, 2 * small].entries()) {
      // A small split serves as often as it takes: shapes are all that counts here.
      const batch = await data.batch(Uint32Array.from({ length: n }, (_, i) => train[i % train.length]));
      await step.run([batch], index + 1, index, 0);
      await inference.outputs(batch.inputs, n);
      inputs.push(4 * (batch.inputs.length + 2 * batch.targets.length));
    }
    const [passes, evaluations] = [step.captures, inference.captures];
    if (passes.length < 2 || evaluations.length < 2) return null;
    const line = (captures: Capture[]): Linear =>
      linear(small, captures[0].bytes + inputs[0], captures[1].bytes + inputs[1]);
    return {
      held,
      pass: line(passes),
      evaluation: line(evaluations),
      largest: linear(small, passes[0].largest, passes[1].largest),
    };
  } finally {
    inference.dispose();
    step.dispose();
    model.dispose();
  }
}
