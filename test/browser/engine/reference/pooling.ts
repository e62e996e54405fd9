import type { Reference } from './reference';
import { sums, term } from './terms';

/** Windows that do not overlap over `[batch, height, width, channels]`; what is left at the border belongs to none. */
export const pooling =
  ([batch, height, width, channels]: number[], [tall, wide]: [number, number], kind: 'max' | 'average'): Reference =>
  ([x], cotangent) => {
    const [down, across] = [Math.floor(height / tall), Math.floor(width / wide)];
    const y = sums(batch * down * across * channels);
    const dy = cotangent(y.values.length);
    const dx = sums(x.length);
    y.values.forEach((_, to) => {
      const c = to % channels;
      const j = Math.floor(to / channels) % across;
      const i = Math.floor(to / channels / across) % down;
      const b = Math.floor(to / channels / across / down);
      const window = Array.from({ length: tall * wide }, (_, n) => {
        const [row, column] = [i * tall + Math.floor(n / wide), j * wide + (n % wide)];
        return ((b * height + row) * width + column) * channels + c;
      });
      const best = window.reduce((most, at) => (x[at] > x[most] ? at : most));
      for (const at of kind === 'max' ? [best] : window) {
        const share = kind === 'max' ? 1 : 1 / window.length;
        term(y, to, x[at] * share);
        term(dx, at, dy[to] * share);
      }
    });
    return { y, gradients: [dx] };
  };
