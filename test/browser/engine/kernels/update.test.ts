import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import { startBackend, type Backend } from '../../../../src/engine/backend';
import type { Target } from '../../../../src/engine/kernel';
import { gradientNorm, normPartials } from '../../../../src/engine/kernels/gradient-norm';
import { gradientSum } from '../../../../src/engine/kernels/gradient-sum';
import { parameterUpdate } from '../../../../src/engine/kernels/parameter-update';
import type { UpdateRule } from '../../../../src/engine/update-rule';
import { expectWithin, sums, term } from '../reference/terms';
import { runKernel } from './run-kernel';

/** What an update is made of, each kernel by itself, over vectors of any length. */

let backend: Backend;
beforeAll(async () => {
  backend = await startBackend(['webgpu']);
});
afterAll(() => backend.dispose());

const random = randomStream(12, 'updates');
const normals = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
/** Arenas are padded to blocks of 64. */
const LENGTHS = [64, 128, 1088, 100_032];
const TARGETS: Target[] = [
  { software: true, lockstep: 4 },
  { software: false, lockstep: 1 },
];
const CASES = LENGTHS.flatMap((length) => TARGETS.map((target) => ({ length, target })));

describe.each(CASES)('of $length numbers for $target', ({ length, target }) => {
  test('the partial sums of squares are those of the gradient', async () => {
    const gradient = normals(length);
    const made = await runKernel(backend.webgpu!, gradientNorm(length, 0, target), {
      gradient,
      partials: normPartials(length, target),
    });
    const total = sums(1);
    for (const g of gradient) term(total, 0, g * g);
    const found = made.partials.reduce((sum, partial) => sum + partial, 0);
    expectWithin([found], total);
  });

  test('a penalty is added first, where its flag says so', async () => {
    const [gradient, weights] = [normals(length), normals(length)];
    const flags = Float32Array.from({ length: Math.ceil(length / 64) }, (_, i) => (i % 3 === 0 ? 1 : 0));
    const bound = { gradient, weights, flags, scaler: [8], partials: normPartials(length, target) };
    const made = await runKernel(backend.webgpu!, gradientNorm(length, 0.01, target), bound);
    const [expected, total] = [sums(length), sums(1)];
    gradient.forEach((g, i) => {
      term(expected, i, g);
      term(expected, i, 2 * 0.01 * 8 * flags[Math.floor(i / 64)] * weights[i]);
    });
    expected.values.forEach((g) => term(total, 0, g * g));
    expectWithin(made.gradient, expected);
    expectWithin([made.partials.reduce((sum, partial) => sum + partial, 0)], total);
  });

  test('gradients of several passes are added', async () => {
    const [gradient, sum] = [normals(length), normals(length)];
    const kernel = (first: boolean) => gradientSum(length, first);
    expect((await runKernel(backend.webgpu!, kernel(true), { gradient, sum })).sum).toEqual(gradient);
    const added = gradient.map((g, i) => g + sum[i]);
    expect((await runKernel(backend.webgpu!, kernel(false), { gradient, sum })).sum).toEqual(added);
  });

  const rule: UpdateRule = {
    slots: ['velocity'],
    scalars: ['rate'],
    update: (state) => state,
    wgsl: 'velocity = 0.75 * velocity + g; w = w - rate * velocity;',
  };
  const options = { length, partials: 3, ema: 0.875, clipEpsilon: 1e-6, target };

  test.each([
    { most: 0, factor: 1 / 4 },
    { most: 1e9, factor: 1 / 4 },
    { most: 0.5, factor: 1 / 4 / (2.5 + 1e-6) / 2 },
  ])('weights, slots and averages follow the rule; the largest norm is $most', async ({ most, factor }) => {
    const [weights, gradients, velocity, averages] = [1, 2, 3, 4].map(() => normals(length));
    // The norm is √(36 + 64) over the loss scale, 4.
    const made = await runKernel(backend.webgpu!, parameterUpdate(rule, options), {
      weights,
      gradients,
      averages,
      slot_velocity: velocity,
      partials: [36, 0, 64],
      scalars: [0.1, most],
      scaler: [4],
      outcome: 3,
    });
    expect([...made.outcome]).toEqual([2.5, 1, 4]);
    const [slots, moved, kept] = [sums(length), sums(length), sums(length)];
    for (let i = 0; i < length; i++) {
      term(slots, i, 0.75 * velocity[i]);
      term(slots, i, factor * gradients[i]);
      term(moved, i, weights[i]);
      term(moved, i, -0.1 * slots.values[i]);
      term(kept, i, 0.875 * averages[i]);
      term(kept, i, 0.125 * moved.values[i]);
    }
    expectWithin(made.slot_velocity, slots);
    expectWithin(made.weights, moved);
    expectWithin(made.averages, kept);
  });

  test.each([NaN, Infinity])('a gradient whose squares add up to %d changes nothing', async (bad) => {
    const [weights, gradients, velocity, averages] = [1, 2, 3, 4].map(() => normals(length));
    const made = await runKernel(backend.webgpu!, parameterUpdate(rule, options), {
      weights,
      gradients,
      averages,
      slot_velocity: velocity,
      partials: [1, bad, 1],
      scalars: [0.1, 1],
      scaler: [4],
      outcome: 3,
    });
    expect(made.outcome[1]).toBe(0);
    expect([made.weights, made.slot_velocity, made.averages]).toEqual([weights, velocity, averages]);
  });
});
