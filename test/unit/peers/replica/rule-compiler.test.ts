import { describe, expect, test } from 'vitest';
import { randomStream, type RandomStream } from '../../../../src/base/random';
import { makeKernels } from '../../../../src/peers/replica/kernels';
import type { CollectiveRule } from '../../../../src/training/collective';

const f = Math.fround;
const bare: Omit<CollectiveRule, 'wgsl'> = {
  slots: ['s'],
  scalars: ['a', 'b'],
  clip: null,
  l2: null,
  ema: null,
  lossScale: null,
};

/** Runs a rule on vectors of a multiple of 4 numbers. */
async function run(wgsl: string, input: { w: number[]; s: number[]; g: number[] }, a = 0, b = 0, factor = 1) {
  const { length } = input.w;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const numbers = new Float32Array(memory.buffer);
  const kernels = await makeKernels(memory, { ...bare, wgsl }, [0, 4 * length]);
  numbers.set([...input.w, ...input.s]);
  numbers.set(input.g, 4 * length);
  kernels.update(0, 8 * length, 16 * length, 20 * length, factor, 0, 0, a, b);
  return { w: numbers.slice(2 * length, 3 * length), s: numbers.slice(3 * length, 4 * length) };
}

const SPECIAL = [0, -0, 1, -1, 0.1, 1e-45, 1e-40, -3e38, 3e38, Infinity, -Infinity, NaN];
const pairs = SPECIAL.flatMap((x) => SPECIAL.map((y): [number, number] => [f(x), f(y)]));

/** A random expression, and its value in float32. */
function expression(random: RandomStream, values: Record<string, number>, depth: number): [string, number] {
  const inner = (): [string, number] => expression(random, values, depth - 1);
  const kind = depth === 0 ? 0 : random.integer(8);
  const names = Object.keys(values);
  if (kind < 1) {
    const name = names[random.integer(names.length)];
    return [name, values[name]];
  }
  const [x, xValue] = inner();
  if (kind === 1) return [`-(${x})`, -xValue];
  if (kind === 2) return [`sqrt(abs(${x}))`, f(Math.sqrt(Math.abs(xValue)))];
  if (kind === 3) return [`sign(${x})`, xValue > 0 ? 1 : xValue < 0 ? -1 : 0];
  const [y, yValue] = inner();
  if (kind === 4) return [`(${x} + ${y})`, f(xValue + yValue)];
  if (kind === 5) return [`(${x} - ${y})`, f(xValue - yValue)];
  if (kind === 6) return [`(${x}) * (${y})`, f(xValue * yValue)];
  return [`max(${x}, min(${y}, 2.5))`, Math.max(xValue, Math.min(yValue, 2.5))];
}

describe('a compiled rule', () => {
  test.each<[string, (x: number, y: number) => number]>([
    ['w + s', (x, y) => f(x + y)],
    ['w - s', (x, y) => f(x - y)],
    ['w * s', (x, y) => f(x * y)],
    ['w / s', (x, y) => f(x / y)],
    ['min(w, s)', Math.min],
    ['max(w, s)', Math.max],
    ['-w', (x) => -x],
    ['abs(w)', Math.abs],
    ['sqrt(w)', (x) => f(Math.sqrt(x))],
  ])('computes %s as IEEE float32, edges included', async (source, wanted) => {
    const input = { w: pairs.map(([x]) => x), s: pairs.map(([, y]) => y), g: pairs.map(() => 0) };
    const { w } = await run(`w = ${source};`, input);
    expect([...w]).toEqual(pairs.map(([x, y]) => wanted(x, y)));
  });

  test('has a sign that is 0 for both zeros', async () => {
    const input = { w: [-3, -0, 0, 1e-45], s: [0, 0, 0, 0], g: [0, 0, 0, 0] };
    expect([...(await run('w = sign(w);', input)).w]).toEqual([-1, 0, 0, 1]);
  });

  test('rounds every operation by itself: nothing is fused', async () => {
    const x = f(1 + 2 ** -12);
    const input = { w: [x, x, x, x], s: [-1, -1, -1, -1], g: [0, 0, 0, 0] };
    const { w } = await run('w = w * w + s;', input);
    expect(w[0]).toBe(f(f(x * x) - 1));
    expect(w[0]).not.toBe(f(x * x - 1));
  });

  test('gives what plain float32 arithmetic gives, for any expression', async () => {
    const random = randomStream(7, 'expressions');
    for (let trial = 0; trial < 60; trial++) {
      const value = (): number => f(random.uniform() * 4 - 2);
      const [w, s, g, a, b] = [value(), value(), value(), value(), value()];
      const factor = f(0.3);
      const values = { w, s, g: f(g * factor), a, b };
      const [first, firstValue] = expression(random, values, 4);
      const [second, secondValue] = expression(random, { ...values, w: firstValue }, 4);
      const four = (number: number): number[] => [number, number, number, number];
      const source = `w = ${first}; let t = ${second}; s += t;`;
      const result = await run(source, { w: four(w), s: four(s), g: four(g) }, a, b, factor);
      expect([result.w[3], result.s[0]], source).toEqual([firstValue, f(s + secondValue)]);
    }
  });

  test('rounds scalars and numbers once to float32', async () => {
    const input = { w: [1, 1, 1, 1], s: [0, 0, 0, 0], g: [0, 0, 0, 0] };
    const { w, s } = await run('w = a * w; s = 0.1 * b;', input, 0.1, 1);
    expect([w[0], s[0]]).toEqual([f(0.1), f(0.1)]);
  });

  test('writes every NaN with the same bits', async () => {
    const input = { w: [Infinity, 0, -1, 1], s: [-Infinity, 0, 0, 0], g: [0, 0, 0, NaN] };
    const { w, s } = await run('s = w + s + g; w = -sqrt(w) * (w / w);', input);
    expect([...new Uint32Array(w.buffer, 0, 3)]).toEqual([0x7fc00000, 0x7fc00000, 0x7fc00000]);
    expect([...new Uint32Array(s.buffer)].map((bits) => bits.toString(16))).toEqual([
      '7fc00000',
      '0',
      'bf800000',
      '7fc00000',
    ]);
  });

  test.each([
    ['w = x;', 'uses “x”'],
    ['w = t; let t = g;', 'uses “t”'],
    ['let w = g;', 'names two things “w”'],
    ['g = w;', 'assigns to “g”'],
    ['a = w;', 'assigns to “a”'],
    ['w = exp(g);', 'calls “exp”'],
    ['w = max(g);', 'calls “max” with 1 operands, not 2'],
  ])('%s is refused', async (source, problem) => {
    await expect(run(source, { w: [], s: [], g: [] })).rejects.toThrow(problem);
  });
});
