/** Rows of a table by token, and the gradient of the table in a fixed order of additions, without atomics. */
import { forEachIndex, indexWorkgroups, makeKernel, storageBytes, type Kernel, type Storage } from '../kernel';

/** Tokens `[batch, time]`, a table `[vocabulary, width]`. */
export interface Embedding {
  batch: number;
  time: number;
  vocabulary: number;
  width: number;
}

/** Bindings: `ids`, `table`, `positions [≥ time, width]` (where there are), `result [batch, time, width]`. */
export function embedding({ batch, time, width }: Embedding, positions: boolean, storage: Storage): Kernel {
  const count = batch * time * width;
  return makeKernel({
    name: 'embedding',
    bindings: [
      { name: 'ids', access: 'read', storage: 'int32' },
      { name: 'table', access: 'read', storage: 'float32' },
      ...(positions ? [{ name: 'positions', access: 'read', storage: 'float32' } as const] : []),
      { name: 'result', access: 'read_write', storage },
    ],
    workgroups: indexWorkgroups(count),
    flops: count,
    bytes: 4 * count + storageBytes(storage, count),
    body: `${forEachIndex(count)}
  let column = index % ${width}u;
  let token = u32(ids[index / ${width}u]);
  result_put(index, table[token * ${width}u + column]${positions ? ` + positions[index % ${time * width}u]` : ''});
}`,
  });
}

/** Numbers of a row that one invocation sums up. */
const GROUP = 4;

/**
 * Gradient of the table: each invocation looks through all tokens for its own, so its cost is vocabulary × tokens.
 * Bindings: `ids`, `dy`, `gradient [vocabulary, width]`.
 */
export function embeddingGradient({ batch, time, vocabulary, width }: Embedding, storage: Storage): Kernel {
  const groups = Math.ceil(width / GROUP);
  const tokens = batch * time;
  return makeKernel({
    name: 'embedding gradient',
    bindings: [
      { name: 'ids', access: 'read', storage: 'int32' },
      { name: 'dy', access: 'read', storage },
      { name: 'gradient', access: 'read_write', storage: 'float32' },
    ],
    workgroups: indexWorkgroups(vocabulary * groups),
    flops: tokens * width,
    bytes: 4 * vocabulary * width + storageBytes(storage, tokens * width),
    body: `${forEachIndex(vocabulary * groups)}
  let column = (index % ${groups}u) * ${GROUP}u;
  let token = i32(index / ${groups}u);
  var sum = vec4<f32>(0.0);
  for (var t = 0u; t < ${tokens}u; t++) {
    if (ids[t] != token) { continue; }
    let at = t * ${width}u + column;
    ${[0, 1, 2, 3].map((l) => `sum[${l}] += dy_at(at + min(${l}u, ${width - 1}u - column));`).join(' ')}
  }
  let first = index / ${groups}u * ${width}u + column;
  ${[0, 1, 2, 3].map((l) => `if (column + ${l}u < ${width}u) { gradient[first + ${l}u] = sum[${l}]; }`).join(' ')}
}`,
  });
}

/** Gradient of the positions: the sum over the batch; rows past `time` are 0. Bindings: `dy`, `gradient`. */
export function positionGradient({ batch, time, width }: Embedding, context: number, storage: Storage): Kernel {
  const count = context * width;
  return makeKernel({
    name: 'position gradient',
    bindings: [
      { name: 'dy', access: 'read', storage },
      { name: 'gradient', access: 'read_write', storage: 'float32' },
    ],
    workgroups: indexWorkgroups(count),
    flops: batch * time * width,
    bytes: storageBytes(storage, batch * time * width),
    body: `${forEachIndex(count)}
  var sum = 0.0;
  if (index < ${time * width}u) {
    for (var b = 0u; b < ${batch}u; b++) { sum += dy_at(b * ${time * width}u + index); }
  }
  gradient[index] = sum;
}`,
  });
}
