/**
 * Sums, means, products and extremes over axes, in a fixed order. tfjs gives every result a workgroup that meets at
 * barriers, and transposes first where the axes are not the last ones.
 */
import { forEachIndex, indexWorkgroups, makeKernel, storageBytes, type Kernel, type Storage } from '../kernel';
import type { tf } from '../tf';
import type { LatheBackend } from '../webgpu-backend';
import type { AlongAxis } from './arg-extreme';

/** What is made of the numbers. `all` and `any` are of truth values, stored as 0 and 1. */
export type Reduction = 'sum' | 'prod' | 'max' | 'min' | 'all' | 'any';

/** One step: `a` so far, `b` the next number. */
const STEPS: Record<Reduction, string> = {
  sum: 'a + b',
  prod: 'a * b',
  max: 'larger(a, b)',
  min: '-larger(-a, -b)',
  all: 'min(a, b)',
  any: 'max(a, b)',
};

/** NaN wins, as in tfjs; a comparison may take it for anything, its bits may not. */
const LARGER = `
fn larger(a: f32, b: f32) -> f32 {
  let lost = (bitcast<u32>(a) & 0x7fffffffu) > 0x7f800000u;
  let found = (bitcast<u32>(b) & 0x7fffffffu) > 0x7f800000u;
  return select(max(a, b), select(b, a, lost), lost || found);
}`;
const LARGER_INTEGER = 'fn larger(a: i32, b: i32) -> i32 { return max(a, b); }';

/**
 * Reduces the middle of `[outer, length, inner]` in `parts`, each of which takes every `parts`-th number, and multiplies
 * by `factor`. Bindings: `x`, `result [outer, parts, inner]`.
 */
export function reduction(
  { outer, length, inner }: AlongAxis,
  kind: Reduction,
  parts: number,
  factor: number,
  storage: { x: Storage; result: 'float32' | 'int32' },
): Kernel {
  const type = storage.result === 'float32' ? 'f32' : 'i32';
  const count = outer * parts * inner;
  return makeKernel({
    name: `reduce ${kind}`,
    bindings: [
      { name: 'x', access: 'read', storage: storage.x },
      { name: 'result', access: 'read_write', storage: storage.result },
    ],
    workgroups: indexWorkgroups(count, 16),
    flops: outer * length * inner,
    bytes: storageBytes(storage.x, outer * length * inner) + 4 * count,
    body: `${kind === 'max' || kind === 'min' ? (type === 'f32' ? LARGER : LARGER_INTEGER) : ''}
${forEachIndex(count, 16)}
  let first = index / ${parts * inner}u * ${length * inner}u + index % ${inner}u;
  let part = index / ${inner}u % ${parts}u;
  var a = ${type}(x_at(first + part * ${inner}u));
  for (var i = part + ${parts}u; i < ${length}u; i += ${parts}u) {
    let b = ${type}(x_at(first + i * ${inner}u));
    a = ${STEPS[kind]};
  }
  result[index] = a${factor === 1 ? '' : ` * ${factor}`};
}`,
  });
}

/** Parts of the numbers of one result, so that enough invocations share the work. */
export function reductionParts({ outer, length, inner }: AlongAxis, software: boolean): number {
  const wanted = Math.ceil((software ? 64 : 16384) / (outer * inner));
  return Math.max(1, Math.min(wanted, Math.ceil(length / 64)));
}

/** Reduces the middle of `[outer, length, inner]` into `made`: one dispatch, or two where there are few results. */
function reduceAlong(
  backend: LatheBackend,
  x: tf.TensorInfo,
  along: AlongAxis,
  { kind, factor }: { kind: Reduction; factor: number },
  made: tf.TensorInfo,
): void {
  const { outer, inner } = along;
  const parts = reductionParts(along, backend.software);
  const result = backend.storageOf(made) === 'int32' ? 'int32' : 'float32';
  const from = { x: backend.storageOf(x), result } as const;
  if (parts === 1) {
    backend.run(reduction(along, kind, 1, factor, from), [x, made]);
    return;
  }
  const partials = backend.allocate([outer, parts, inner], result, 'workspace');
  backend.run(reduction(along, kind, parts, 1, from), [x, partials]);
  const rest = { outer, length: parts, inner };
  backend.run(reduction(rest, kind, 1, factor, { x: result, result }), [partials, made]);
  backend.disposeData(partials.dataId);
}

/**
 * Reduces axes of a tensor of numbers; axes that lie side by side go together.
 * @param axes At least one; `x` has no axis of length 0.
 * @param factor What the result is multiplied by.
 * @returns Without the axes, of type `dtype`.
 */
export function reduceAxes(
  backend: LatheBackend,
  x: tf.TensorInfo,
  axes: number[],
  { kind, factor = 1, dtype }: { kind: Reduction; factor?: number; dtype: 'float32' | 'int32' | 'bool' },
): tf.TensorInfo {
  const volume = (sides: number[]): number => sides.reduce((product, side) => product * side, 1);
  let current = x;
  const left = [...axes].sort((a, b) => a - b);
  while (left.length > 0) {
    // From the last axes to the first, so that the numbers of those to come stay what they are.
    const last = left.pop() ?? 0;
    let first = last;
    while (left.at(-1) === first - 1) first = left.pop() ?? 0;
    const { shape } = current;
    const [before, after] = [shape.slice(0, first), shape.slice(last + 1)];
    const along = { outer: volume(before), length: volume(shape.slice(first, last + 1)), inner: volume(after) };
    const made = backend.makeTensorInfo([...before, ...after], dtype);
    reduceAlong(backend, current, along, { kind, factor: left.length === 0 ? factor : 1 }, made);
    if (current !== x) backend.disposeData(current.dataId);
    current = made;
  }
  return current;
}
