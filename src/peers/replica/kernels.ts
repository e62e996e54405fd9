/** The WebAssembly functions that a replica is made of, and how they are put to work on its memory. */
import { LatheError } from '../../base/errors';
import type { CollectiveRule } from '../../training/collective';
import { compileRule } from './rule-compiler';
import { encodeModule, MEMORY_IMPORT, wasm, type Code, type WasmFunction } from './wasm-module';

/** Addresses are bytes; `end` is the first address that is not part of a vector any more. */
export interface Kernels {
  /** `x ← x / divisor`. `end - start` is a multiple of 16. */
  divide: (start: number, end: number, divisor: number) => void;
  /** `y ← y + factor · x`, both of one length: any number of float32. */
  addScaled: (x: number, y: number, yEnd: number, factor: number) => void;
  /** `Σ x²` in float64, added up in an order that does not depend on anything. `end - start` is a multiple of 16. */
  squares: (start: number, end: number) => number;
  /** See `compileRule`. */
  update: (from: number, to: number, gradient: number, end: number, factor: number, ...scalars: number[]) => void;
}

const advance = (address: number, bytes: number): Code =>
  [wasm.get(address), wasm.i32Const(bytes), wasm.i32Add, wasm.set(address)].flat();
const reached = (address: number, end: number): Code => [wasm.get(address), wasm.get(end), wasm.i32GreaterEqual].flat();

function divide(): WasmFunction {
  const [start, end, divisor, divisors] = [0, 1, 2, 3];
  const body = [
    ...[wasm.get(divisor), wasm.splat, wasm.set(divisors)].flat(),
    ...wasm.until(reached(start, end), [
      ...[wasm.get(start), wasm.get(start), wasm.load(), wasm.get(divisors), wasm.div, wasm.store()].flat(),
      ...advance(start, 16),
    ]),
  ];
  return { name: 'divide', params: ['i32', 'i32', 'f32'], results: [], locals: ['v128'], body };
}

function addScaled(): WasmFunction {
  const [x, y, end, factor, factors] = [0, 1, 2, 3, 4];
  const fours = [wasm.get(y), wasm.load(), wasm.get(x), wasm.load(), wasm.get(factors), wasm.mul, wasm.add];
  const ones = [wasm.get(y), wasm.f32Load(), wasm.get(x), wasm.f32Load(), wasm.get(factor), wasm.f32Mul, wasm.f32Add];
  const body = [
    ...[wasm.get(factor), wasm.splat, wasm.set(factors)].flat(),
    // Fours as long as a whole one is left, then one by one: the parts begin and end anywhere.
    ...wasm.until([wasm.get(y), wasm.i32Const(16), wasm.i32Add, wasm.get(end), wasm.i32Greater].flat(), [
      ...[wasm.get(y), ...fours, wasm.store()].flat(),
      ...advance(x, 16),
      ...advance(y, 16),
    ]),
    ...wasm.until(reached(y, end), [
      ...[wasm.get(y), ...ones, wasm.f32Store()].flat(),
      ...advance(x, 4),
      ...advance(y, 4),
    ]),
  ];
  return { name: 'addScaled', params: ['i32', 'i32', 'i32', 'f32'], results: [], locals: ['v128'], body };
}

function squares(): WasmFunction {
  // Four sums, of the elements with the same index modulo 4.
  const [start, end, lower, upper, four, two] = [0, 1, 2, 3, 4, 5];
  const addSquare = (total: number, half: Code): Code =>
    [
      ...[wasm.get(four), half, wasm.promoteLow, wasm.set(two)],
      ...[wasm.get(total), wasm.get(two), wasm.get(two), wasm.f64x2Mul, wasm.f64x2Add, wasm.set(total)],
    ].flat();
  const both = (total: number): Code =>
    [wasm.get(total), wasm.f64x2Lane(0), wasm.get(total), wasm.f64x2Lane(1), wasm.f64Add].flat();
  const body = [
    ...wasm.until(reached(start, end), [
      ...[wasm.get(start), wasm.load(), wasm.set(four)].flat(),
      ...addSquare(lower, []),
      ...addSquare(upper, [...wasm.get(four), ...wasm.upperHalf]),
      ...advance(start, 16),
    ]),
    ...[both(lower), both(upper), wasm.f64Add].flat(),
  ];
  return { name: 'squares', params: ['i32', 'i32'], results: ['f64'], locals: ['v128', 'v128', 'v128', 'v128'], body };
}

/**
 * The kernels for one rule on `memory`.
 * @param vectors See `compileRule`.
 * @throws LatheError where the rule is not understood, or this engine refuses the module.
 */
export async function makeKernels(
  memory: WebAssembly.Memory,
  rule: CollectiveRule,
  vectors: readonly number[],
): Promise<Kernels> {
  const bytes = encodeModule([divide(), addScaled(), squares(), compileRule(rule, vectors)]);
  try {
    const { instance } = await WebAssembly.instantiate(bytes, {
      [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: memory },
    });
    // What a module exports has no types of its own; these are the functions that were encoded above.
    return instance.exports as unknown as Kernels;
  } catch (thrown) {
    throw new LatheError(
      'backend',
      `This browser refuses the WebAssembly that training together needs, with 128-bit vectors: ${String(thrown)}. Update it, or use another one.`,
      {},
      [],
      { cause: thrown },
    );
  }
}
