import { forEachIndex, indexWorkgroups, makeKernel, type Kernel } from '../kernel';

/** Vectors that an invocation works on: independent of each other, so that none waits for the last one's result. */
const CHAINS = 8;

/**
 * Repeats `a = a · factor + term` in registers, `rounds` times on eight vectors of four in each of `count` invocations:
 * what the profiler holds the floating point operations a second of other kernels against.
 *
 * Bindings: `x`, [factor, term]; `result`, `[count]`, the sum of an invocation's 32 numbers. Number `j` of invocation `i`
 * starts at `i + j`.
 * @param fused With `fma`; software adapters are faster without.
 */
export function multiplyAdd(count: number, rounds: number, fused: boolean): Kernel {
  const chains = Array.from({ length: CHAINS }, (_, i) => i);
  const step = (a: string): string => (fused ? `fma(${a}, factor, term)` : `${a} * factor + term`);
  return makeKernel({
    name: 'multiply add',
    bindings: [
      { name: 'x', access: 'read', storage: 'float32' },
      { name: 'result', access: 'read_write', storage: 'float32' },
    ],
    workgroups: indexWorkgroups(count),
    flops: 2 * 4 * CHAINS * rounds * count,
    bytes: 4 * count,
    body: `${forEachIndex(count)}
  let factor = vec4<f32>(x[0]);
  let term = vec4<f32>(x[1]);
  let start = vec4<f32>(f32(index)) + vec4<f32>(0.0, 1.0, 2.0, 3.0);
${chains.map((i) => `  var a${i} = start + ${4 * i}.0;`).join('\n')}
  for (var round = 0u; round < ${rounds}u; round++) {
${chains.map((i) => `    a${i} = ${step(`a${i}`)};`).join('\n')}
  }
  result[index] = dot(${chains.map((i) => `a${i}`).join(' + ')}, vec4<f32>(1.0));
}`,
  });
}

/** What `multiplyAdd` computes, plainly. */
export function multiplyAddReference(count: number, rounds: number, factor: number, term: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < 4 * CHAINS; j++) {
      let a = i + j;
      for (let round = 0; round < rounds; round++) a = a * factor + term;
      sum += a;
    }
    return sum;
  });
}
