/** What peers train in the benchmark: models over digits of noise, or waiting in place of computing. */
import { parseConfig } from '../../src/config/parse';
import { resolveConfig } from '../../src/config/resolve';
import type { ResolvedConfig } from '../../src/config/schema';
import { randomStream } from '../../src/base/random';
import type { PreparedData } from '../../src/data/contract';
import type { ModelIo } from '../../src/models/plan';
import type { Method } from './methods';

/** A model that is trained. */
export interface ModelWorkload {
  kind: 'model';
  name: string;
  model: object;
  io: ModelIo;
}

/** Computation that takes a fixed time, and gradients of fixed numbers. */
export interface WaitingWorkload {
  kind: 'waiting';
  name: string;
  /** Numbers of the vector, and buckets that it is cut into. */
  numbers: number;
  buckets: number;
  /** Milliseconds of the forward and backward passes over a whole batch. */
  forward: number;
  backward: number;
}

/** What is trained. */
export type PeersWorkload = ModelWorkload | WaitingWorkload;

/** Examples of a step, whatever the number of peers, and the micro-batches that it is dealt out in. */
export const BATCH = 64;
export const MICRO_BATCHES = 4;

/** Steps that a peer takes by itself between two averages, with the method `local_steps`. */
export const LOCAL_STEPS = 8;

/** Rank of PowerSGD: the config's default. */
export const RANK = 4;

const CLASSES = 10;
const EXAMPLES = 1024;

/** Every workload. The first is the benchmark's. */
export const PEERS_WORKLOADS: PeersWorkload[] = [
  {
    kind: 'model',
    name: 'mlp',
    model: { architecture: 'mlp', hidden: [1024, 256] },
    io: { input_shape: [784], outputs: CLASSES },
  },
  {
    kind: 'model',
    name: 'cnn',
    model: { architecture: 'cnn', filters: [16, 32] },
    io: { input_shape: [28, 28, 1], outputs: CLASSES },
  },
  { kind: 'waiting', name: 'waiting', numbers: 262_144, buckets: 8, forward: 300, backward: 600 },
];

/** The workload of a name. @throws RangeError */
export function workloadNamed(name: string): PeersWorkload {
  const found = PEERS_WORKLOADS.find((workload) => workload.name === name);
  if (!found) throw new RangeError(`There is no workload ${name}.`);
  return found;
}

/** The run's config at a group of `members`: the same examples a step for all of them. */
export function configOf({ model }: ModelWorkload, method: Method, members: number): ResolvedConfig {
  const local = method === 'local_steps';
  const config = parseConfig({
    model,
    training: {
      optimizer: { name: 'adam', learning_rate: 1e-3 },
      distributed: {
        enabled: true,
        world_size: members,
        micro_batches: MICRO_BATCHES,
        local_steps: local ? LOCAL_STEPS : null,
      },
    },
  });
  return resolveConfig(config, local || method === 'all_to_all' ? BATCH / members : BATCH);
}

/** Examples around one centre a class, the same at every peer. */
export function digits({ io }: ModelWorkload): PreparedData {
  const random = randomStream(3, 'peers');
  const size = io.input_shape.reduce((product, side) => product * side, 1);
  const centres = Array.from({ length: CLASSES }, () => Float32Array.from({ length: size }, () => random.normal()));
  const labels = Array.from({ length: EXAMPLES }, () => random.integer(CLASSES));
  const pixels = Float32Array.from(
    { length: EXAMPLES * size },
    (_, i) => centres[labels[Math.floor(i / size)]][i % size] + random.uniform() - 0.5,
  );
  return {
    examples: EXAMPLES,
    batch(indices) {
      const inputs = new Float32Array(indices.length * size);
      const targets = new Int32Array(indices.length);
      for (let row = 0; row < indices.length; row++) {
        targets[row] = labels[indices[row]];
        inputs.set(pixels.subarray(indices[row] * size, (indices[row] + 1) * size), row * size);
      }
      return { n: indices.length, inputs, targets };
    },
    preprocessing: {
      version: 1,
      task: 'classification',
      input_shape: io.input_shape,
      inputs: { kind: 'images', mean: [0], std: [1] },
      target: ['label'],
      classes: Array.from({ length: CLASSES }, (_, i) => String(i)),
      target_scale: null,
    },
    splits: {
      train: Uint32Array.from({ length: EXAMPLES }, (_, i) => i),
      validation: new Uint32Array(),
      test: new Uint32Array(),
    },
    class_counts: null,
    notices: [],
  };
}
