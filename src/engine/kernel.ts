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

/** One buffer that a kernel reads or writes. */
export interface Binding {
  /** Name in the code. */
  name: string;
  /** A buffer may not be bound as `read` and as `read_write` in one dispatch. */
  access: 'read' | 'read_write';
  storage: Storage;
}

/** A dispatch without its buffers. */
export interface Kernel {
  /** Kind of computation, `matmul`: what the profiler groups by. */
  name: string;
  /** The whole WGSL: entry point `main`, the bindings in group 0, numbered in their order. Equal code is compiled once. */
  code: string;
  bindings: Binding[];
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
 * so that the same body serves every storage.
 */
export function makeKernel({ body, ...kernel }: KernelSource): Kernel {
  const halves = kernel.bindings.some(({ storage }) => storage === 'float16');
  const declarations = kernel.bindings.map(declare).join('\n');
  return { ...kernel, code: `${halves ? 'enable f16;\n' : ''}${declarations}\n${body}` };
}

function declare({ name, access, storage }: Binding, binding: number): string {
  const variable = (type: string): string =>
    `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${type}>;`;
  const written = access === 'read_write';
  switch (storage) {
    case 'float32':
    case 'int32':
    case 'uint32': {
      const type = { float32: 'f32', int32: 'i32', uint32: 'u32' }[storage];
      return `${variable(type)}
fn ${name}_at(i: u32) -> ${type} { return ${name}[i]; }
${written ? `fn ${name}_put(i: u32, value: ${type}) { ${name}[i] = value; }` : ''}`;
    }
    case 'float16':
      return `${variable('f16')}
fn ${name}_at(i: u32) -> f32 { return f32(${name}[i]); }
${written ? `fn ${name}_put(i: u32, value: f32) { ${name}[i] = f16(value); }` : ''}`;
    case 'packed': {
      const word = written ? `atomicLoad(&${name}[i >> 1u])` : `${name}[i >> 1u]`;
      // The halves of a word may be set by two invocations: each touches its own 16 bits only, so the order is no matter.
      return `${variable(written ? 'atomic<u32>' : 'u32')}
fn ${name}_at(i: u32) -> f32 { return unpack2x16float(${word} >> ((i & 1u) * 16u)).x; }
${
  written
    ? `fn ${name}_put(i: u32, value: f32) {
  let shift = (i & 1u) * 16u;
  atomicAnd(&${name}[i >> 1u], 0xffff0000u >> shift);
  atomicOr(&${name}[i >> 1u], ${name}_half(value) << shift);
}
// WGSL leaves open what lies past the range of halves: here infinity, and NaN stays NaN, so that neither goes unseen.
fn ${name}_half(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  let past = select(0x7c00u, 0x7e00u, (bits & 0x7fffffffu) > 0x7f800000u) | ((bits >> 16u) & 0x8000u);
  return select(past, pack2x16float(vec2<f32>(value, 0.0)) & 0xffffu, abs(value) < 65520.0);
}`
    : ''
}`;
    }
  }
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
