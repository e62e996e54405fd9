import type { Reference } from './reference';
import { sums, term } from './terms';

/** Rows of a table by `ids [batch, time]`, those of the position added; inputs are the table and the positions. */
export const embedding =
  (ids: number[][], width: number): Reference =>
  ([table, positions], cotangent) => {
    const tokens = ids.flatMap((row) => row.map((id, position) => ({ id, position })));
    const y = sums(tokens.length * width);
    const dy = cotangent(y.values.length);
    const gradients = [sums(table.length), sums(positions.length)];
    tokens.forEach(({ id, position }, token) => {
      for (let column = 0; column < width; column++) {
        const at = token * width + column;
        term(y, at, table[id * width + column]);
        term(y, at, positions[position * width + column]);
        term(gradients[0], id * width + column, dy[at]);
        term(gradients[1], position * width + column, dy[at]);
      }
    });
    return { y, gradients };
  };
