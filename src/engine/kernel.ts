/**
 * What a kernel is: WGSL specialised for its shapes, and what one dispatch of it costs. A kernel knows no tensor and no
 * tfjs; `webgpu-backend.ts` compiles it, binds buffers and queues or records it.
 *
 * Shapes stand in the code as constants, so that a compiler can unroll and fold. Numbers that change from step to step
 * (learning rate, random counter) come from buffers, never from the code: a recorded step repeats the code as it is.
 */

/**
 * How the numbers of a tensor lie in its buffer. `float16` needs the feature `shader-f16`; `packed` holds two halves in
 * a 32-bit word (`pack2x16float`, core WGSL) and has the same bytes. Kernels compute in float32 either way.
 */
export type Storage = 'float32' | 'float16' | 'packed' | 'int32' | 'uint32';

/** Bytes of a tensor of `length` numbers, a multiple of 4. */
export function storageBytes(storage: Storage, length: number): number {
  return storage === 'float16' || storage === 'packed' ? 4 * Math.ceil(length / 2) : 4 * length;
}

/** What of a device decides which kernels are fast on it. */
export interface Target {
  /** The adapter computes on the processor. */
  software: boolean;
  /** Lanes of a subgroup that are known to run in step, of neighbouring invocations; 1 where nothing is known. */
  lockstep: number;
}

/** One buffer that a kernel reads or writes. */
export interface Binding {
  /** Name in the code. */
  name: string;
  /** A buffer may not be bound as `read` and as `read_write` in one dispatch. */
  access: 'read' | 'read_write';
  storage: Storage;
  /** The code takes its numbers by fours; there must be a multiple of four. Not for whole numbers. */
  fours?: boolean;
}

/** A dispatch without its buffers. */
export interface Kernel {
  /** Kind of computation, `matmul`: what the profiler groups by. */
  name: string;
  /**
   * The whole WGSL for buffers of these sizes: entry point `main`, the bindings in group 0, numbered in their order.
   * Equal code is compiled once. Arrays have a fixed length: compilers clamp every index to it, and software adapters
   * take half as long for that where it is a constant.
   */
  code(bytes: number[]): string;
  bindings: Binding[];
  /** Lanes of a subgroup hand each other numbers. */
  subgroups?: boolean;
  /** Each at most 65,535. */
  workgroups: [x: number, y: number, z: number];
  /** Floating point operations of the dispatch: multiply and add count two. */
  flops: number;
  /** Bytes that must be read and written at least once. */
  bytes: number;
}

/** What a kernel is made from; `flops` and `bytes` are estimates for the profiler. */
export type KernelSource = Omit<Kernel, 'code'> & {
  /** Everything behind the bindings: functions, workgroup memory, `@compute … fn main`. */
  body: string;
};

/**
 * Puts the declarations of the bindings in front of a body. For a binding `x` the body may use
 *
 * - `x_at(i: u32) -> f32` (or `i32`, `u32`): the number at index `i`;
 * - `x_put(i: u32, value)`, where it is `read_write`: sets the number at `i`. Two invocations may set neighbours.
 *
 * Of a binding by fours, `i` counts fours and numbers are `vec4<f32>`.
 *
 * so that the same body serves every storage.
 */
export function makeKernel({ body, ...kernel }: KernelSource): Kernel {
  const { bindings } = kernel;
  const features = [
    ...(bindings.some(({ storage }) => storage === 'float16') ? ['enable f16;'] : []),
    // That the lanes of a subgroup take the same way is for the kernel to see to.
    ...(kernel.subgroups ? ['enable subgroups;', 'diagnostic(off, subgroup_uniformity);'] : []),
  ];
  const packs = bindings.some(({ storage, access }) => storage === 'packed' && access === 'read_write');
  return {
    ...kernel,
    code: (bytes) =>
      [
        ...features,
        ...(packs ? [HALF_BITS] : []),
        ...bindings.map((binding, i) => declare(binding, i, bytes[i])),
        body,
      ].join('\n'),
  };
}

/** WGSL leaves open what lies past the range of halves: here infinity, and NaN stays NaN, so that neither goes unseen. */
const HALF_BITS = `
fn half_bits(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  let past = select(0x7c00u, 0x7e00u, (bits & 0x7fffffffu) > 0x7f800000u) | ((bits >> 16u) & 0x8000u);
  return select(past, pack2x16float(vec2<f32>(value, 0.0)) & 0xffffu, abs(value) < 65520.0);
}`;

/** How one element of a binding is stored, read and written. */
interface Element {
  type: string;
  bytes: number;
  /** Type of the number, or of the four. */
  number: string;
  read: (element: string) => string;
  write: (value: string) => string;
}

const same = (code: string): string => code;
const whole = (type: string): Element => ({ type, bytes: 4, number: type, read: same, write: same });

const ELEMENTS: Record<Exclude<Storage, 'packed'>, Element> & { packed: null } = {
  float32: whole('f32'),
  int32: whole('i32'),
  uint32: whole('u32'),
  float16: { type: 'f16', bytes: 2, number: 'f32', read: (e) => `f32(${e})`, write: (v) => `f16(${v})` },
  // Two in a word.
  packed: null,
};

const FOURS: Partial<Record<Storage, Element>> = {
  float32: { type: 'vec4<f32>', bytes: 16, number: 'vec4<f32>', read: same, write: same },
  float16: {
    type: 'vec4<f16>',
    bytes: 8,
    number: 'vec4<f32>',
    read: (e) => `vec4<f32>(${e})`,
    write: (v) => `vec4<f16>(${v})`,
  },
  packed: {
    type: 'vec2<u32>',
    bytes: 8,
    number: 'vec4<f32>',
    read: (e) => `vec4<f32>(unpack2x16float(${e}.x), unpack2x16float(${e}.y))`,
    write: (v) =>
      `vec2<u32>(half_bits(${v}.x) | (half_bits(${v}.y) << 16u), half_bits(${v}.z) | (half_bits(${v}.w) << 16u))`,
  },
};

function declare({ name, access, storage, fours }: Binding, binding: number, bytes: number): string {
  const written = access === 'read_write';
  const variable = (type: string, size: number): string =>
    `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${type}, ${Math.floor(bytes / size)}>;`;
  const element = fours ? FOURS[storage] : ELEMENTS[storage];
  if (element === undefined) throw new RangeError(`${name} of type ${storage} cannot be read by fours.`);
  if (element === null) return packed(name, written, variable(written ? 'atomic<u32>' : 'u32', 4));
  const { type, number, read, write } = element;
  return `${variable(type, element.bytes)}
fn ${name}_at(i: u32) -> ${number} { let e = ${name}[i]; return ${read('e')}; }
${written ? `fn ${name}_put(i: u32, value: ${number}) { ${name}[i] = ${write('value')}; }` : ''}`;
}

function packed(name: string, written: boolean, variable: string): string {
  const word = written ? `atomicLoad(&${name}[i >> 1u])` : `${name}[i >> 1u]`;
  // The halves of a word may be set by two invocations: each touches its own 16 bits only, so the order is no matter.
  return `${variable}
fn ${name}_at(i: u32) -> f32 { return unpack2x16float(${word} >> ((i & 1u) * 16u)).x; }
${
  written
    ? `fn ${name}_put(i: u32, value: f32) {
  let shift = (i & 1u) * 16u;
  atomicAnd(&${name}[i >> 1u], 0xffff0000u >> shift);
  atomicOr(&${name}[i >> 1u], half_bits(value) << shift);
}`
    : ''
}`;
}

/** Most workgroups in one dimension of a dispatch. */
const MOST_WORKGROUPS = 65535;

/**
 * Workgroups for `count` of them in a row. Where they exceed one dimension they are folded into two; the body finds its
 * number as `workgroup_id.x + workgroup_id.y * num_workgroups.x` and must stop past `count`.
 */
export function foldWorkgroups(count: number): [x: number, y: number, z: number] {
  if (count <= MOST_WORKGROUPS) return [Math.max(1, count), 1, 1];
  const y = Math.ceil(count / MOST_WORKGROUPS);
  return [Math.ceil(count / y), y, 1];
}

/**
 * Head of a `main` with one invocation for each of `count` indices, in workgroups of `size`: what follows it finds its
 * index as `index: u32`, below `count`. Close it with `}`.
 */
export function forEachIndex(count: number, size = 64): string {
  return `@compute @workgroup_size(${size})
fn main(@builtin(global_invocation_id) invocation: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = invocation.x + invocation.y * groups.x * ${size}u;
  if (index >= ${count}u) { return; }`;
}

/** Workgroups that `forEachIndex(count, size)` needs. */
export const indexWorkgroups = (count: number, size = 64): Kernel['workgroups'] =>
  foldWorkgroups(Math.ceil(count / size));
