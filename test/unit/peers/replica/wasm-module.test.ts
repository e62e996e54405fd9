import { describe, expect, test } from 'vitest';
import {
  encodeModule,
  MEMORY_IMPORT,
  wasm,
  type Code,
  type ValueType,
} from '../../../../src/peers/replica/wasm-module';

async function build(params: ValueType[], results: ValueType[], locals: ValueType[], body: Code) {
  const memory = new WebAssembly.Memory({ initial: 4 });
  const bytes = encodeModule([
    { name: 'other', params: [], results: ['i32'], locals: [], body: wasm.i32Const(-5) },
    { name: 'run', params, results, locals, body },
  ]);
  const { instance } = await WebAssembly.instantiate(bytes, {
    [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: memory },
  });
  const exported = instance.exports as Record<string, (...operands: number[]) => number>;
  return { run: exported.run, other: exported.other, numbers: new Float32Array(memory.buffer) };
}

describe('a module', () => {
  test.each([0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, -8193, 2 ** 31 - 1, -(2 ** 31)])(
    'has the constant %d as it was given',
    async (value) => {
      const { run, other } = await build([], ['i32'], [], wasm.i32Const(value));
      expect(run()).toBe(value);
      expect(other()).toBe(-5);
    },
  );

  test('reads and writes at an address and an offset, also one of several bytes', async () => {
    const body = [wasm.get(0), wasm.get(0), wasm.load(4), wasm.store(70_000)].flat();
    const { run, numbers } = await build(['i32'], [], [], body);
    numbers.set([1, 2, 3, 4, 5, 6], 0);
    run(4);
    expect([...numbers.subarray(17_501, 17_506)]).toEqual([3, 4, 5, 6, 0]);
  });

  test('repeats until its condition holds, and not at all where it does from the beginning', async () => {
    const body = [
      ...wasm.until([wasm.get(0), wasm.get(1), wasm.i32GreaterEqual].flat(), [
        ...[wasm.get(0), wasm.i32Const(3), wasm.i32Add, wasm.set(0)].flat(),
      ]),
      ...wasm.get(0),
    ];
    const { run } = await build(['i32', 'i32'], ['i32'], [], body);
    expect([run(0, 10), run(10, 10), run(11, 10)]).toEqual([12, 10, 11]);
  });

  test('adds float64 from both halves of four float32', async () => {
    const four = [wasm.get(0), wasm.load()].flat();
    const [lower, upper] = [[four, wasm.promoteLow].flat(), [four, four, wasm.upperHalf, wasm.promoteLow].flat()];
    const body = [
      ...[lower, upper, wasm.f64x2Add, wasm.tee(1), wasm.f64x2Lane(0)].flat(),
      ...[wasm.get(1), wasm.f64x2Lane(1), wasm.f64Add].flat(),
    ];
    const { run, numbers } = await build(['i32'], ['f64'], ['v128'], body);
    numbers.set([2 ** 30, 1, 2 ** -10, 2 ** -20]);
    expect(run(0)).toBe(2 ** 30 + 1 + 2 ** -10 + 2 ** -20);
  });
});
