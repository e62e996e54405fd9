/**
 * Scaled dot-product attention (Vaswani et al. 2017) with online softmax (Dao et al. 2022): the matrix of scores is never
 * held. Queries, keys and values stand side by side in one tensor `[batch, time, 3 · width]`, each `heads × size`.
 *
 * An invocation takes one query (or, for the gradients of keys and values, one key) of one head, with its vectors in
 * registers, and walks over the others.
 */
import { forEachIndex, indexWorkgroups, makeKernel, type Kernel, type Storage } from '../kernel';

/** What attends. */
export interface Attention {
  batch: number;
  time: number;
  heads: number;
  /** Numbers of a head. */
  size: number;
  /** A position sees itself and those before it only. */
  causal: boolean;
}

const quadsOf = (size: number): number[] => Array.from({ length: Math.ceil(size / 4) }, (_, i) => i);

/** `vec4` number `q` of a head's vector at `base`; numbers past the head are 0. */
function quad(name: string, base: string, q: number, size: number): string {
  const parts = [0, 1, 2, 3].map((l) => (4 * q + l < size ? `${name}_at(${base} + ${4 * q + l}u)` : '0.0'));
  return `vec4<f32>(${parts.join(', ')})`;
}

/** Stores `vec4` variables `value0…` at `base`. */
const put = (name: string, base: string, value: string, size: number): string =>
  Array.from({ length: size }, (_, i) => `${name}_put(${base} + ${i}u, ${value}${i >> 2}[${i & 3}]);`).join('\n  ');

const dot = (a: string, b: string, quads: number[]): string => quads.map((q) => `dot(${a}${q}, ${b}${q})`).join(' + ');

/** Head of `main`: one invocation for each `(batch, head, time)`, as `at`, `head`, `example`; `row` counts them. */
function eachPosition({ batch, time, heads, size }: Attention): string {
  const width = heads * size;
  return `${forEachIndex(batch * heads * time, 16)}
  let row = index;
  let at = row % ${time}u;
  let head = (row / ${time}u) % ${heads}u;
  let example = row / ${time * heads}u;
  let mine = (example * ${time}u + at) * ${3 * width}u + head * ${size}u;
  let others = example * ${time * 3 * width}u + head * ${size}u;
  let out = (example * ${time}u + at) * ${width}u + head * ${size}u;`;
}

const scaleOf = ({ size }: Attention): string => (1 / Math.sqrt(size)).toPrecision(9);

/** Bindings: `qkv`, `result [batch, time, width]`, `norms [batch, heads, time]` (log of the sum of exponentials). */
export function attention(shape: Attention, storage: { qkv: Storage; result: Storage }): Kernel {
  const { batch, time, heads, size, causal } = shape;
  const width = heads * size;
  const quads = quadsOf(size);
  return makeKernel({
    name: 'attention',
    bindings: [
      { name: 'qkv', access: 'read', storage: storage.qkv },
      { name: 'result', access: 'read_write', storage: storage.result },
      { name: 'norms', access: 'read_write', storage: 'float32' },
    ],
    workgroups: indexWorkgroups(batch * heads * time, 16),
    flops: (4 * batch * heads * time * time * size) / (causal ? 2 : 1),
    bytes: 16 * batch * time * width,
    body: `${eachPosition(shape)}
  ${quads.map((q) => `let q${q} = ${quad('qkv', 'mine', q, size)} * ${scaleOf(shape)};`).join('\n  ')}
  ${quads.map((q) => `var sum${q} = vec4<f32>(0.0);`).join(' ')}
  var most = -3.4e38;
  var total = 0.0;
  for (var j = 0u; j < ${causal ? 'at + 1u' : `${time}u`}; j++) {
    let key = others + j * ${3 * width}u + ${width}u;
    ${quads.map((q) => `let k${q} = ${quad('qkv', 'key', q, size)};`).join('\n    ')}
    let score = ${dot('q', 'k', quads)};
    let top = max(most, score);
    let shrink = exp(most - top);
    let weight = exp(score - top);
    most = top;
    total = total * shrink + weight;
    let seen = key + ${width}u;
    ${quads.map((q) => `sum${q} = sum${q} * shrink + weight * ${quad('qkv', 'seen', q, size)};`).join('\n    ')}
  }
  ${quads.map((q) => `sum${q} /= total;`).join(' ')}
  ${put('result', 'out', 'sum', size)}
  norms[row] = most + log(total);
}`,
  });
}

/**
 * Gradient of the queries, written to their third of `dqkv`, and `along = Σ dy ⊙ y` of each query, which the other
 * kernel needs. Bindings: `qkv`, `y`, `dy`, `norms`, `dqkv`, `along [batch, heads, time]`.
 */
export function attentionQueryGradient(
  shape: Attention,
  storage: { qkv: Storage; y: Storage; dy: Storage; dqkv: Storage },
): Kernel {
  const { batch, time, heads, size, causal } = shape;
  const width = heads * size;
  const quads = quadsOf(size);
  return makeKernel({
    name: 'attention query gradient',
    bindings: [
      { name: 'qkv', access: 'read', storage: storage.qkv },
      { name: 'y', access: 'read', storage: storage.y },
      { name: 'dy', access: 'read', storage: storage.dy },
      { name: 'norms', access: 'read', storage: 'float32' },
      { name: 'dqkv', access: 'read_write', storage: storage.dqkv },
      { name: 'along', access: 'read_write', storage: 'float32' },
    ],
    workgroups: indexWorkgroups(batch * heads * time, 16),
    flops: (6 * batch * heads * time * time * size) / (causal ? 2 : 1),
    bytes: 24 * batch * time * width,
    body: `${eachPosition(shape)}
  ${quads.map((q) => `let q${q} = ${quad('qkv', 'mine', q, size)} * ${scaleOf(shape)};`).join('\n  ')}
  ${quads.map((q) => `let g${q} = ${quad('dy', 'out', q, size)};`).join('\n  ')}
  ${quads.map((q) => `let y${q} = ${quad('y', 'out', q, size)};`).join('\n  ')}
  ${quads.map((q) => `var sum${q} = vec4<f32>(0.0);`).join(' ')}
  let share = ${dot('g', 'y', quads)};
  let norm = norms[row];
  for (var j = 0u; j < ${causal ? 'at + 1u' : `${time}u`}; j++) {
    let key = others + j * ${3 * width}u + ${width}u;
    ${quads.map((q) => `let k${q} = ${quad('qkv', 'key', q, size)};`).join('\n    ')}
    let weight = exp(${dot('q', 'k', quads)} - norm);
    let seen = key + ${width}u;
    ${quads.map((q) => `let v${q} = ${quad('qkv', 'seen', q, size)};`).join('\n    ')}
    let change = weight * (${dot('g', 'v', quads)} - share) * ${scaleOf(shape)};
    ${quads.map((q) => `sum${q} += change * k${q};`).join(' ')}
  }
  ${put('dqkv', 'mine', 'sum', size)}
  along[row] = share;
}`,
  });
}

/** Gradients of keys and values, written to their thirds of `dqkv`. Bindings: `qkv`, `dy`, `norms`, `along`, `dqkv`. */
export function attentionKeyValueGradient(
  shape: Attention,
  storage: { qkv: Storage; dy: Storage; dqkv: Storage },
): Kernel {
  const { batch, time, heads, size, causal } = shape;
  const width = heads * size;
  const quads = quadsOf(size);
  return makeKernel({
    name: 'attention key and value gradient',
    bindings: [
      { name: 'qkv', access: 'read', storage: storage.qkv },
      { name: 'dy', access: 'read', storage: storage.dy },
      { name: 'norms', access: 'read', storage: 'float32' },
      { name: 'along', access: 'read', storage: 'float32' },
      { name: 'dqkv', access: 'read_write', storage: storage.dqkv },
    ],
    workgroups: indexWorkgroups(batch * heads * time, 16),
    flops: (8 * batch * heads * time * time * size) / (causal ? 2 : 1),
    bytes: 24 * batch * time * width,
    body: `${eachPosition(shape)}
  let key = mine + ${width}u;
  let seen = mine + ${2 * width}u;
  ${quads.map((q) => `let k${q} = ${quad('qkv', 'key', q, size)} * ${scaleOf(shape)};`).join('\n  ')}
  ${quads.map((q) => `let v${q} = ${quad('qkv', 'seen', q, size)};`).join('\n  ')}
  ${quads.map((q) => `var keys${q} = vec4<f32>(0.0); var values${q} = vec4<f32>(0.0);`).join(' ')}
  let line = row - at;
  for (var i = ${causal ? 'at' : '0u'}; i < ${time}u; i++) {
    let query = others + i * ${3 * width}u;
    ${quads.map((q) => `let q${q} = ${quad('qkv', 'query', q, size)};`).join('\n    ')}
    let result = (example * ${time}u + i) * ${width}u + head * ${size}u;
    ${quads.map((q) => `let g${q} = ${quad('dy', 'result', q, size)};`).join('\n    ')}
    let weight = exp(${dot('q', 'k', quads)} - norms[line + i]);
    ${quads.map((q) => `values${q} += weight * g${q};`).join(' ')}
    let change = weight * (${dot('g', 'v', quads)} - along[line + i]) * ${scaleOf(shape)};
    ${quads.map((q) => `keys${q} += change * q${q};`).join(' ')}
  }
  ${put('dqkv', 'key', 'keys', size)}
  ${put('dqkv', 'seen', 'values', size)}
}`,
  });
}
