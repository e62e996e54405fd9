import { describe, expect, test } from 'vitest';
import { optimizers, type OptimizerConfig } from '../../../../src/config/optimizers';
import { parseConfig } from '../../../../src/config/parse';
import { TensorArena } from '../../../../src/engine/arena/tensor-arena';
import { tf } from '../../../../src/engine/tf';
import type { Scalars } from '../../../../src/engine/update-rule';
import { createReplica } from '../../../../src/peers/replica/replica';
import type { CollectiveSetup, CollectiveState } from '../../../../src/training/collective';
import { createOptimizer } from '../../../../src/training/optimizers/registry';
import { HASHES, numbers, OPTIMIZERS, setupOf, trained, type RuleOptions } from '../../../helpers/replica-case';

const f = Math.fround;
const { adamw: ADAMW } = OPTIMIZERS;
const scalarsOf = (config: OptimizerConfig, step: number): Scalars =>
  createOptimizer(config).scalarsAt(step, config.learning_rate);
const sumOf = (length: number, seq: number, scale = 1): Float32Array =>
  numbers(length, 'sum', seq).map((value) => value * scale);

/** New weight and slots of one element, every operation rounded to float32. */
function elementwise(config: OptimizerConfig, given: Scalars, w: number, slots: number[], g: number): number[] {
  const s = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, f(value)]));
  if (config.name === 'sgd') {
    const decayed = f(g + f(s.decay * w));
    if (config.momentum === 0) return [f(w - f(s.rate * decayed))];
    const velocity = f(f(s.momentum * slots[0]) + decayed);
    const direction = config.nesterov ? f(decayed + f(s.momentum * velocity)) : velocity;
    return [f(w - f(s.rate * direction)), velocity];
  }
  if (config.name === 'lion') {
    const direction = Math.sign(f(f(s.beta1 * slots[0]) + f(s.fresh1 * g)));
    return [f(f(s.keep * w) - f(s.rate * direction)), f(f(s.beta2 * slots[0]) + f(s.fresh2 * g))];
  }
  const first = f(f(s.beta1 * slots[0]) + f(s.fresh1 * g));
  const second = f(f(s.beta2 * slots[1]) + f(f(s.fresh2 * g) * g));
  const denominator = f(f(f(Math.sqrt(second)) / s.correction) + s.epsilon);
  return [f(f(s.keep * w) - f(f(s.step_size * first) / denominator)), first, second];
}

/** One update in plain JavaScript. */
function reference(
  config: OptimizerConfig,
  setup: CollectiveSetup,
  state: CollectiveState,
  sum: Float32Array,
  step: number,
) {
  const { clip, l2, ema } = setup.rule;
  const scale = state.scaler.at(0) ?? 1;
  const gradient = sum.slice(0, state.weights.length).map((value) => value / scale);
  for (const [start, end] of l2?.parts ?? []) {
    for (let i = start; i < end; i++) gradient[i] += f(f(2 * (l2?.factor ?? 0)) * state.weights[i]);
  }
  // Blocks of 64 Ki numbers, four sums in each.
  let squares = 0;
  for (let block = 0; block < gradient.length; block += 65_536) {
    const sums = [0, 0, 0, 0];
    gradient.subarray(block, block + 65_536).forEach((value, i) => (sums[i % 4] += value * value));
    squares += sums[0] + sums[1] + (sums[2] + sums[3]);
  }
  const norm = Math.sqrt(squares);
  const factor = clip === null ? 1 : f(Math.min(1, clip / (norm + 1e-6)));
  const next: CollectiveState = {
    weights: state.weights.slice(),
    slots: state.slots.map((slot) => slot.slice()),
    average: state.average?.slice() ?? null,
    statistics: sum.slice(state.weights.length),
    scaler: state.scaler,
  };
  gradient.forEach((value, i) => {
    const before = state.slots.map((slot) => slot[i]);
    const [w, ...slots] = elementwise(config, scalarsOf(config, step), state.weights[i], before, f(value * factor));
    next.weights[i] = w;
    next.slots.forEach((slot, k) => (slot[i] = slots[k]));
    if (next.average && ema !== null) next.average[i] = f(f(next.average[i] * f(ema))) + f(w * f(1 - ema));
  });
  return { next, norm };
}

const options: [string, (weights: number) => RuleOptions][] = [
  ['plain', () => ({})],
  [
    'clipped, penalised, averaged, scaled',
    (weights) => ({
      clip: 0.7,
      l2: {
        factor: 0.01,
        parts: [
          [0, Math.min(1, weights - 1)],
          [weights >> 1, weights],
        ],
      },
      ema: 0.8,
      lossScale: { initial: 1536, growth: 2, backoff: 0.5, interval: 1000 },
    }),
  ],
];

/** Whether two states have the same bits; of long vectors the first place that has not. */
function expectSame(ours: CollectiveState, wanted: CollectiveState): void {
  const vectors = ({ weights, slots, average, statistics }: CollectiveState): Float32Array[] => [
    ...[weights, ...slots, statistics, average ?? new Float32Array()],
  ];
  const theirs = vectors(wanted);
  for (const [k, vector] of vectors(ours).entries()) {
    const other = theirs[k];
    expect(vector.length).toBe(other.length);
    const place = vector.findIndex((value, i) => !Object.is(value, other[i]));
    expect([k, place, vector[place]]).toEqual([k, -1, undefined]);
  }
}

describe.each(Object.keys(OPTIMIZERS))('%s', (name) => {
  const config = OPTIMIZERS[name];

  describe.each(options)('%s', (_what, rule) => {
    test.each([1, 3, 4, 5, 66_001])('has the bits of float32 arithmetic, with %d weights', async (weights) => {
      const setup = setupOf(config, weights, 2, rule(weights));
      const { lossScale } = setup.rule;
      const replica = await createReplica(setup);
      let expected = setup.state;
      for (let seq = 0; seq < 4; seq++) {
        const sum = sumOf(weights + 2, seq, lossScale ? 3000 : 1);
        const { next, norm } = reference(config, setup, expected, sum, seq + 1);
        const outcome = replica.prepare(seq, sum, scalarsOf(config, seq + 1));
        expect(outcome).toMatchObject({ norm, finite: true, lossScale: lossScale?.initial ?? 1 });
        replica.commit();
        expected = { ...next, scaler: replica.state().scaler };
        expectSame(replica.state(), expected);
      }
    });

    test('does what the arena of tensors does, one that is not finite included', async () => {
      await tf.setBackend('cpu');
      const shapes = [[3], [4, 5], [1, 7], [2]];
      const weights = 32;
      const given = rule(weights);
      const l2 = given.l2 ? { factor: 0.01, parts: [[3, 30] satisfies [number, number]] } : null;
      const lossScale = given.lossScale ? { initial: 8, growth: 2, backoff: 0.25, interval: 2 } : null;
      const setup = setupOf(config, weights, 0, { ...given, l2, lossScale });
      const replica = await createReplica(setup);
      let at = 0;
      const cut = (vector: Float32Array): tf.Tensor[] => {
        at = 0;
        return shapes.map((shape) => {
          const size = shape.reduce((product, side) => product * side, 1);
          at += size;
          return tf.tensor(vector.slice(at - size, at), shape);
        });
      };
      const variables = cut(setup.state.weights).map((tensor) => tf.variable(tensor));
      const optimizer = createOptimizer(config);
      const ema = setup.rule.ema;
      const arena = new TensorArena(variables, optimizer, { l2: l2?.factor ?? 0, ema, lossScale, accumulates: true });
      for (let seq = 0; seq < 8; seq++) {
        const sum = sumOf(weights, seq, 4);
        if (seq === 4) sum[11] = NaN;
        const scalars = optimizer.scalarsAt(seq + 1, config.learning_rate);
        arena.prepare(scalars, setup.rule.clip);
        arena.store(cut(sum), true);
        arena.update();
        const theirs = await arena.readResult();
        const ours = replica.prepare(seq, sum, scalars);
        replica.commit();
        expect([ours.finite, ours.lossScale]).toEqual([theirs.finite, theirs.lossScale]);
        expect(ours.finite).toBe(seq !== 4);
        if (ours.finite) expect(ours.norm).toBeCloseTo(theirs.norm, 4);
        const [mine, wanted] = [replica.state(), await arena.snapshot()];
        const close = (a: Float32Array, b: Float32Array): void =>
          a.forEach((value, i) => expect(Math.abs(value - b[i])).toBeLessThan(2e-5));
        close(mine.weights, wanted.weights);
        mine.slots.forEach((slot, i) => close(slot, wanted.slots[i]));
        if (wanted.average) close(mine.average!, wanted.average);
        expect(mine.scaler).toEqual(wanted.scaler);
      }
      arena.dispose();
    });
  });

  test('has the hash that it has everywhere', async () => {
    expect((await trained(config)).hash).toBe(HASHES[name]);
  });
});

describe('a replica', () => {
  const setup = (): CollectiveSetup => setupOf(ADAMW, 1001, 3, { ema: 0.9, clip: 1 });
  const scalars = scalarsOf(ADAMW, 1);

  test('keeps an update apart until it is committed', async () => {
    const replica = await createReplica(setup());
    const [before, hash] = [replica.state(), replica.hash];
    const outcome = replica.prepare(5, sumOf(1004, 0), scalars);
    expect([replica.pending, replica.seq, replica.hash]).toEqual([5, -1, hash]);
    expect(replica.state()).toEqual(before);
    const pending = replica.weights('pending');
    expect(pending.weights).not.toEqual(before.weights);
    expect(replica.weights('committed').weights).toEqual(before.weights);
    replica.commit();
    expect([replica.pending, replica.seq, replica.hash]).toEqual([null, 5, outcome.hash]);
    expect(replica.weights('committed')).toEqual(pending);
    expect(outcome.hash).toMatch(/^[0-9a-f]{32}$/);
  });

  test('is as it was after an update that is rolled back, and gives it the same hash again', async () => {
    const replica = await createReplica(setup());
    replica.prepare(0, sumOf(1004, 0), scalars);
    replica.commit();
    const [before, hash] = [replica.state(), replica.hash];
    const first = replica.prepare(1, sumOf(1004, 1), scalars);
    replica.rollback();
    expect(replica.pending).toBeNull();
    expect(replica.state()).toEqual(before);
    expect(replica.hash).toBe(hash);
    const other = replica.prepare(1, sumOf(1004, 2), scalars);
    replica.rollback();
    expect(other.hash).not.toBe(first.hash);
    expect(replica.prepare(1, sumOf(1004, 1), scalars)).toEqual(first);
    replica.rollback();
    replica.rollback();
  });

  test('does not write to the sum', async () => {
    const replica = await createReplica(setup());
    const sum = sumOf(1004, 0);
    replica.prepare(0, sum, scalars);
    expect(sum).toEqual(sumOf(1004, 0));
  });

  test('goes on from a loaded state as the one that it is from', async () => {
    const [first, second] = [await createReplica(setup()), await createReplica(setup())];
    for (let seq = 0; seq < 3; seq++) {
      first.prepare(seq, sumOf(1004, seq), scalars);
      first.commit();
    }
    second.prepare(0, sumOf(1004, 9), scalars);
    second.load(first.state(), 2);
    expect([second.hash, second.seq, second.pending]).toEqual([first.hash, 2, null]);
    const next = first.prepare(3, sumOf(1004, 3), scalars);
    expect(second.prepare(3, sumOf(1004, 3), scalars)).toEqual(next);
  });

  test.each<[string, (state: CollectiveState) => void]>([
    ['a weight', ({ weights }) => (weights[1000] += 1e-6)],
    ['a slot', ({ slots }) => (slots[1][1] = 1e-20)],
    ['the average', ({ average }) => (average![7] += 1e-6)],
    ['a statistic', ({ statistics }) => (statistics[2] = 1e-9)],
    ['the loss scale', ({ scaler }) => (scaler[0] = 32)],
    ['the count of the loss scale', ({ scaler }) => (scaler[1] = 1)],
  ])('has another hash where %s differs', async (_what, change) => {
    const lossScale = { initial: 64, growth: 2, backoff: 0.5, interval: 10 };
    const replica = await createReplica(setupOf(ADAMW, 1001, 3, { ema: 0.9, lossScale }));
    const { hash } = replica;
    const state = replica.state();
    change(state);
    replica.load(state, 0);
    expect(replica.hash).not.toBe(hash);
  });

  test.each<[string, (sum: Float32Array) => Float32Array | null]>([
    ['NaN in the gradient', (sum) => sum.with(17, NaN)],
    ['infinity in the gradient', (sum) => sum.with(1000, -Infinity)],
    ['a gradient whose square is no float32', (sum) => sum.with(0, 1e25)],
    ['NaN in the statistics', (sum) => sum.with(1002, NaN)],
    ['no sum', () => null],
  ])('stays as it is but for the loss scale: %s', async (_what, spoil) => {
    const lossScale = { initial: 64, growth: 2, backoff: 0.5, interval: 10 };
    const replica = await createReplica(setupOf(ADAMW, 1001, 3, { ema: 0.9, lossScale }));
    replica.prepare(0, sumOf(1004, 0), scalars);
    replica.commit();
    const before = replica.state();
    const outcome = replica.prepare(1, spoil(sumOf(1004, 1)), scalars);
    expect(outcome).toMatchObject({ finite: false, lossScale: 64 });
    expect(replica.weights('pending').weights).toEqual(before.weights);
    replica.commit();
    expect(replica.state()).toEqual({ ...before, scaler: [32, 0, 1] });
    // The hash is the one of the state, however it came about.
    const other = await createReplica(setupOf(ADAMW, 1001, 3, { ema: 0.9, lossScale }));
    other.load(replica.state(), 1);
    expect([replica.hash, outcome.hash]).toEqual([other.hash, other.hash]);
    const next = sumOf(1004, 2);
    expect(replica.prepare(2, next, scalars)).toEqual(other.prepare(2, next, scalars));
  });

  test('begins where a state has neither an average nor a loss scale yet', async () => {
    const lossScale = { initial: 64, growth: 2, backoff: 0.5, interval: 10 };
    const { rule, ...rest } = setupOf(ADAMW, 9, 0, { ema: 0.9, lossScale });
    const replica = await createReplica({ rule, ...rest, state: { ...rest.state, average: null, scaler: [] } });
    expect(replica.state()).toMatchObject({ average: rest.state.weights, scaler: [64, 0, 0] });
  });

  test('works for a model without weights, and for one without statistics', async () => {
    for (const [weights, statistics] of [
      [0, 2],
      [3, 0],
      [0, 0],
    ]) {
      const replica = await createReplica(setupOf(ADAMW, weights, statistics));
      const sum = sumOf(weights + statistics, 0);
      expect(replica.prepare(0, sum, scalars).finite).toBe(true);
      replica.commit();
      expect(replica.state().statistics).toEqual(sum.slice(weights));
    }
  });

  test('refuses what does not fit, and stays usable', async () => {
    const replica = await createReplica(setup());
    const { hash } = replica;
    const state = replica.state();
    const sum = sumOf(1004, 0);
    expect(() => replica.commit()).toThrow('No update of the parameters is pending.');
    expect(() => replica.weights('pending')).toThrow('No update of the parameters is pending.');
    expect(() => replica.prepare(0, sum.slice(1), scalars)).toThrow('a sum has 1003 numbers, not 1004');
    expect(() => replica.prepare(0, sum, { ...scalars, keep: NaN })).toThrow('the scalar keep of update 0 is NaN');
    expect(() => replica.prepare(0, sum, {})).toThrow('the scalar keep of update 0 is undefined');
    expect(() => replica.prepare(-1, sum, scalars)).toThrow('update -1 was begun after -1');
    const broken: Partial<CollectiveState>[] = [
      { weights: new Float32Array(3) },
      { slots: [] },
      { slots: [state.slots[0], new Float32Array(1)] },
      { average: new Float32Array(1) },
      { statistics: new Float32Array(4) },
      { scaler: [1, 0, 0] },
    ];
    for (const part of broken) {
      expect(() => replica.load({ ...state, ...part }, 0)).toThrow('The parameters of the group do not fit');
    }
    expect(replica.hash).toBe(hash);
    replica.prepare(0, sum, scalars);
    expect(() => replica.prepare(1, sum, scalars)).toThrow('update 1 was begun while 0 is pending');
    replica.commit();
    expect(() => replica.prepare(0, sum, scalars)).toThrow('update 0 was begun after 0');
  });

  test.each(optimizers.options.map(({ entries }) => entries.name.literal))(
    'understands the rule of %s as it is by default',
    async (name) => {
      const { optimizer } = parseConfig({ training: { optimizer: { name } } }).training;
      const replica = await createReplica(setupOf(optimizer, 5));
      expect(replica.prepare(0, sumOf(5, 0), scalarsOf(optimizer, 1)).finite).toBe(true);
    },
  );

  test('refuses a penalty for weights that are not there', async () => {
    const l2 = { factor: 1, parts: [[0, 8] satisfies [number, number]] };
    await expect(createReplica(setupOf(ADAMW, 7, 0, { l2 }))).rejects.toThrow(
      'the L2 penalty is for the weights 0 to 8, and there are 7',
    );
  });
});
