/** Trainers that wait in place of computing: what is left of a step is the group's. */
import { randomStream } from '../../src/base/random';
import { PortCollective } from '../../src/peers/trainer/port-collective';
import type { Pending } from '../../src/training/collective';
import { createOptimizer } from '../../src/training/optimizers/registry';
import { averaged } from './averaged';
import type { PeerTask } from './protocol';
import type { WaitingWorkload } from './workloads';

const ADAM = createOptimizer({ name: 'adam', learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
const RATE = 1e-3;

const until = (time: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, time - performance.now())));

/** Numbers that depend on the item alone. */
function gradientOf(item: number, length: number): Float32Array<ArrayBuffer> {
  const random = randomStream(5, 'waiting', item);
  return Float32Array.from({ length }, () => random.normal() * 1e-2);
}

/** Waits through the items that a group deals to it; buckets become known one by one while the backward pass runs. */
export async function waitInGroup(
  { numbers, buckets, forward, backward }: WaitingWorkload,
  { steps, items, overlap }: PeerTask,
  port: MessagePort,
): Promise<void> {
  const collective = new PortCollective(port, items);
  const gradients = Array.from({ length: items }, (_, item) => gradientOf(item, numbers));
  // From the last numbers to the first, as gradients of layers become known.
  const parts = Array.from({ length: buckets }, (_, i): [number, number] => [
    Math.round((numbers * (buckets - 1 - i)) / buckets),
    Math.round((numbers * (buckets - i)) / buckets),
  ]);
  await collective.start({
    rule: {
      slots: ADAM.slots,
      scalars: ADAM.scalars,
      wgsl: ADAM.wgsl,
      clip: null,
      l2: null,
      ema: null,
      lossScale: null,
    },
    state: {
      weights: new Float32Array(numbers),
      slots: ADAM.slots.map(() => new Float32Array(numbers)),
      average: null,
      scaler: [],
      statistics: new Float32Array(0),
    },
    training: '{}',
    buckets: parts,
    matrices: [],
  });
  let last: Pending | null = null;
  for (let index = 0; index < steps; index++) {
    await last?.applied;
    last = collective.run(
      { kind: 'update', index, items, scalars: ADAM.scalarsAt(index + 1, RATE) },
      async (item, sink) => {
        const started = performance.now();
        for (const [bucket, [start, end]] of parts.entries()) {
          const share = overlap ? (bucket + 1) / buckets : 1;
          await until(started + (forward + share * backward) / items);
          sink(bucket, gradients[item].slice(start, end));
        }
        return [1, 0];
      },
      () => undefined,
    );
  }
  await last?.committed;
}

/** Waits for its share of the batch, then gives its weights to be averaged. */
export async function waitWithAll(
  { numbers, forward, backward }: WaitingWorkload,
  { steps, members, rank }: PeerTask,
  port: MessagePort,
): Promise<void> {
  let weights = gradientOf(rank, numbers);
  for (let step = 0; step < steps; step++) {
    const started = performance.now();
    await until(started + (forward + backward) / members);
    weights = await averaged(port, step, weights, performance.now() - started);
  }
}
