import { randomStream } from '../../src/base/random';
import { createReplica, type Replica } from '../../src/peers/replica/replica';
import type { CollectiveRule, CollectiveSetup } from '../../src/training/collective';
import { createOptimizer } from '../../src/training/optimizers/registry';
import type { OptimizerConfig } from '../../src/config/optimizers';

const adamLike = { beta1: 0.9, beta2: 0.99, epsilon: 1e-6 };

/** Every optimizer in every form that its statements take. */
export const OPTIMIZERS: Record<string, OptimizerConfig> = {
  'plain sgd': { name: 'sgd', learning_rate: 0.1, momentum: 0, nesterov: false, weight_decay: 0.02 },
  'sgd with momentum': { name: 'sgd', learning_rate: 0.05, momentum: 0.9, nesterov: false, weight_decay: 0 },
  'nesterov sgd': { name: 'sgd', learning_rate: 0.05, momentum: 0.9, nesterov: true, weight_decay: 0.01 },
  adam: { name: 'adam', learning_rate: 0.05, ...adamLike },
  adamw: { name: 'adamw', learning_rate: 0.05, weight_decay: 0.1, ...adamLike },
  lion: { name: 'lion', learning_rate: 0.01, weight_decay: 0.1, beta1: 0.9, beta2: 0.99 },
};

/** What a case has beside its optimizer. */
export type RuleOptions = Partial<Pick<CollectiveRule, 'clip' | 'l2' | 'ema' | 'lossScale'>>;

/** Numbers from -1 to 1 that every engine gives alike. */
export function numbers(length: number, ...keys: (string | number)[]): Float32Array<ArrayBuffer> {
  const random = randomStream(3, ...keys);
  return Float32Array.from({ length }, () => 2 * random.uniform() - 1);
}

/** A setup of `weights` numbers and `statistics` behind them, which start anywhere. */
export function setupOf(
  config: OptimizerConfig,
  weights: number,
  statistics = 0,
  options: RuleOptions = {},
): CollectiveSetup {
  const { slots, scalars, wgsl } = createOptimizer(config);
  const rule: CollectiveRule = { slots, scalars, wgsl, clip: null, l2: null, ema: null, lossScale: null, ...options };
  const start = numbers(weights, 'weights');
  return {
    rule,
    state: {
      weights: start,
      slots: slots.map(() => new Float32Array(weights)),
      average: rule.ema === null ? null : start.slice(),
      statistics: numbers(statistics, 'statistics'),
      scaler: rule.lossScale ? [rule.lossScale.initial, 0, 0] : [],
    },
    training: '{}',
    buckets: [[0, weights + statistics]],
    matrices: [],
  };
}

/** Scalars without powers, which engines may round differently. */
const FIXED: Record<string, Record<string, number>> = {
  sgd: { rate: 0.05, momentum: 0.9, decay: 0.01 },
  adam: {
    ...{ keep: 0.995, beta1: 0.9, fresh1: 0.1, beta2: 0.99, fresh2: 0.01 },
    ...{ step_size: 0.3, correction: 0.2, epsilon: 1e-6 },
  },
  lion: { rate: 0.01, keep: 0.999, beta1: 0.9, fresh1: 0.1, beta2: 0.99, fresh2: 0.01 },
};

/** Some updates of one optimizer with everything switched on, of an odd number of weights. */
export async function trained(config: OptimizerConfig): Promise<Replica> {
  const weights = 70_003;
  const replica = await createReplica(
    setupOf(config, weights, 5, {
      clip: 3,
      l2: {
        factor: 1e-3,
        parts: [
          [1, 501],
          [777, 60_002],
        ],
      },
      ema: 0.9,
      lossScale: { initial: 1000, growth: 3, backoff: 0.1, interval: 2 },
    }),
  );
  for (let seq = 0; seq < 6; seq++) {
    const sum = numbers(replica.length, 'sum', seq).map((value) => value * 40);
    if (seq === 3) sum[123] = Infinity;
    replica.prepare(seq, sum, FIXED[config.name === 'adamw' ? 'adam' : config.name]);
    replica.commit();
  }
  return replica;
}

/** Hashes after `trained`: the same in every engine and on every processor. */
export const HASHES: Record<keyof typeof OPTIMIZERS, string> = {
  'plain sgd': 'b867a558fbc32e3a87eae2de75b64230',
  'sgd with momentum': '83c61a75f453ab979cc29ed70f1259be',
  'nesterov sgd': '602d69f0f0ecb70a566b132acaf69127',
  adam: 'adfc2b1476841e1284397161482c5fa5',
  adamw: 'adfc2b1476841e1284397161482c5fa5',
  lion: '6a46ff30b92b709ed7bfce779108caaa',
};
