/**
 * A binary encoder for WebAssembly modules (WebAssembly Core Specification 2.0, §5), as far as our kernels need it: one
 * imported memory, exported functions, and plain IEEE 754 arithmetic on 128-bit vectors. Relaxed instructions are left out
 * on purpose: their results depend on the machine.
 */

/** Encoded instructions. */
export type Code = number[];

/** Type of a parameter, a result or a local. */
export type ValueType = 'i32' | 'f32' | 'f64' | 'v128';

const TYPE_CODES: Record<ValueType, number> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** A function that the module exports. */
export interface WasmFunction {
  name: string;
  params: readonly ValueType[];
  results: readonly ValueType[];
  /** Locals behind the parameters, counted on from them. */
  locals: readonly ValueType[];
  body: Code;
}

/** Where the memory that a module works on is imported from. */
export const MEMORY_IMPORT = { module: 'lathe', name: 'memory' } as const;

/** An unsigned integer below 2^32 in LEB128. */
function unsigned(value: number): Code {
  const bytes: Code = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

/** A signed 32-bit integer in LEB128. */
function signed(value: number): Code {
  const bytes: Code = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const last = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(last ? low : low | 0x80);
    if (last) return bytes;
  }
}

const simd = (code: number): Code => [0xfd, ...unsigned(code)];

/** Alignment 2^2: vectors start where a float32 does. `offset` is added to the address, in bytes. */
const place = (offset: number): Code => [2, ...unsigned(offset)];

const float32Bytes = (value: number): Code => [...new Uint8Array(Float32Array.of(value).buffer)];

/** Instructions by the names of the specification. */
export const wasm = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number): Code => [0x21, ...unsigned(local)],
  tee: (local: number): Code => [0x22, ...unsigned(local)],
  i32Const: (value: number): Code => [0x41, ...signed(value)],
  i32Add: [0x6a],
  i32GreaterEqual: [0x4f],
  i32Greater: [0x4b],
  f32Load: (offset = 0): Code => [0x2a, ...place(offset)],
  f32Store: (offset = 0): Code => [0x38, ...place(offset)],
  f32Add: [0x92],
  f32Mul: [0x94],
  f64Add: [0xa0],
  load: (offset = 0): Code => [...simd(0x00), ...place(offset)],
  store: (offset = 0): Code => [...simd(0x0b), ...place(offset)],
  /** Four times the same float32. */
  fours: (value: number): Code => [...simd(0x0c), ...[0, 1, 2, 3].flatMap(() => float32Bytes(value))],
  /** Four times the canonical NaN, whose bits JavaScript would leave open. */
  fourNaNs: [...simd(0x0c), ...[0, 1, 2, 3].flatMap(() => [0x00, 0x00, 0xc0, 0x7f])],
  splat: simd(0x13),
  /** From the same four numbers, given twice: their upper two, where `promoteLow` reaches them. */
  upperHalf: [...simd(0x0d), ...[8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]],
  equal: simd(0x41),
  less: simd(0x43),
  greater: simd(0x44),
  and: simd(0x4e),
  bitselect: simd(0x52),
  /** Two float64 of the lower two float32. */
  promoteLow: simd(0x5f),
  abs: simd(0xe0),
  neg: simd(0xe1),
  sqrt: simd(0xe3),
  add: simd(0xe4),
  sub: simd(0xe5),
  mul: simd(0xe6),
  div: simd(0xe7),
  min: simd(0xe8),
  max: simd(0xe9),
  f64x2Add: simd(0xf0),
  f64x2Mul: simd(0xf2),
  f64x2Lane: (lane: number): Code => [...simd(0x21), lane],
  /** Repeats `body` until `condition` (an i32 that is not 0) holds, which is asked first. */
  until: (condition: Code, body: Code): Code => [
    // A block to leave, and a loop to begin again.
    ...[0x02, 0x40, 0x03, 0x40],
    ...condition,
    ...[0x0d, 1],
    ...body,
    ...[0x0c, 0, 0x0b, 0x0b],
  ],
};

const text = (value: string): Code => {
  const bytes = new TextEncoder().encode(value);
  return [...unsigned(bytes.length), ...bytes];
};
const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
const types = (list: readonly ValueType[]): Code => vector(list.map((type) => [TYPE_CODES[type]]));

/** A module that exports `functions`, which work on the memory imported as `MEMORY_IMPORT`. */
export function encodeModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const bodies = functions.map(({ locals, body }) => {
    const code = [...vector(locals.map((type) => [1, TYPE_CODES[type]])), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(functions.map(({ params, results }) => [0x60, ...types(params), ...types(results)]))),
    ...section(2, vector([[...text(MEMORY_IMPORT.module), ...text(MEMORY_IMPORT.name), 0x02, 0x00, 0x00]])),
    ...section(3, vector(functions.map((_function, index) => unsigned(index)))),
    ...section(7, vector(functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]))),
    ...section(10, vector(bodies)),
  ]);
}
