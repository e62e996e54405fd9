import type { Attention } from '../../../../src/engine/kernels/attention';
import type { Reference } from './reference';
import { sums, term } from './terms';

/** Attention with its matrix of weights written out. The input is `[batch, time, queries | keys | values]`. */
export const attention =
  ({ batch, time, heads, size, causal }: Attention): Reference =>
  ([qkv], cotangent) => {
    const width = heads * size;
    const y = sums(batch * time * width);
    const dy = cotangent(y.values.length);
    const dqkv = sums(qkv.length);
    const scale = 1 / Math.sqrt(size);
    for (let row = 0; row < batch * heads; row++) {
      const [b, head] = [Math.floor(row / heads), row % heads];
      const place = (part: number, t: number): number => (b * time + t) * 3 * width + part * width + head * size;
      const out = (t: number): number => (b * time + t) * width + head * size;
      for (let i = 0; i < time; i++) {
        const seen = Array.from({ length: causal ? i + 1 : time }, (_, j) => j);
        const dots = (f: (l: number) => number): number =>
          Array.from({ length: size }, (_, l) => f(l)).reduce((a, c) => a + c, 0);
        const scores = seen.map((j) => scale * dots((l) => qkv[place(0, i) + l] * qkv[place(1, j) + l]));
        const most = Math.max(...scores);
        const total = scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
        const weights = scores.map((score) => Math.exp(score - most) / total);
        // An exponential of a score is as exact as the score is, which may be a sum of larger terms.
        const spread = seen.map((j) => 1 + scale * dots((l) => Math.abs(qkv[place(0, i) + l] * qkv[place(1, j) + l])));
        const add = (to: typeof y, at: number, value: number, j: number): void => {
          term(to, at, value);
          to.magnitudes[at] += Math.abs(value) * spread[j];
        };
        const onto = seen.map((j) => dots((l) => dy[out(i) + l] * qkv[place(2, j) + l]));
        const ontoSize = seen.map((j) => dots((l) => Math.abs(dy[out(i) + l] * qkv[place(2, j) + l])));
        const share = seen.reduce((sum, j) => sum + weights[j] * onto[j], 0);
        const shareSize = seen.reduce((sum, j) => sum + weights[j] * ontoSize[j], 0);
        for (const j of seen) {
          for (let l = 0; l < size; l++) {
            add(y, out(i) + l, weights[j] * qkv[place(2, j) + l], j);
            add(dqkv, place(2, j) + l, weights[j] * dy[out(i) + l], j);
            for (const [to, by] of [
              [place(0, i), place(1, j)],
              [place(1, j), place(0, i)],
            ]) {
              const factor = weights[j] * scale * qkv[by + l];
              dqkv.values[to + l] += factor * (onto[j] - share);
              dqkv.magnitudes[to + l] += Math.abs(factor) * (ontoSize[j] + shareSize) * spread[j];
            }
          }
        }
      }
    }
    return { y, gradients: [dqkv] };
  };
