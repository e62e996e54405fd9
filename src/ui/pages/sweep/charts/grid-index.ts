/** Which point is nearest: points sorted into square cells, so that a pointer's move looks at a few of them. */

const CELL = 16;

/** An index over points of the plane, in pixels. */
export class GridIndex {
  readonly #x: Float32Array;
  readonly #y: Float32Array;
  readonly #columns: number;
  readonly #rows: number;
  /** Points by cell: those of cell `c` are `#points[#starts[c]]` up to `#starts[c + 1]`. */
  readonly #starts: Int32Array;
  readonly #points: Int32Array;

  /** @param x Within 0 and `width`; what lies outside counts to the cell at the border. */
  constructor(x: Float32Array, y: Float32Array, width: number, height: number) {
    this.#x = x;
    this.#y = y;
    this.#columns = Math.max(1, Math.ceil(width / CELL));
    this.#rows = Math.max(1, Math.ceil(height / CELL));
    this.#starts = new Int32Array(this.#columns * this.#rows + 1);
    const cells = Int32Array.from(x, (_, i) => this.#cellOf(x[i], y[i]));
    for (const cell of cells) this.#starts[cell + 1]++;
    for (let cell = 0; cell < this.#starts.length - 1; cell++) this.#starts[cell + 1] += this.#starts[cell];
    this.#points = new Int32Array(x.length);
    const next = this.#starts.slice();
    cells.forEach((cell, point) => (this.#points[next[cell]++] = point));
  }

  /**
   * The point nearest to a place that is within `reach` pixels, of those that `accept` takes; of equals the last, which is
   * drawn on top. −1 where there is none.
   */
  nearest(x: number, y: number, reach: number, accept: (point: number) => boolean = () => true): number {
    let best = -1;
    let least = reach * reach;
    const [left, bottom] = [this.#clamp(x - reach, this.#columns), this.#clamp(y - reach, this.#rows)];
    const [right, top] = [this.#clamp(x + reach, this.#columns), this.#clamp(y + reach, this.#rows)];
    for (let row = bottom; row <= top; row++) {
      for (let cell = row * this.#columns + left; cell <= row * this.#columns + right; cell++) {
        for (let at = this.#starts[cell]; at < this.#starts[cell + 1]; at++) {
          const point = this.#points[at];
          const distance = (this.#x[point] - x) ** 2 + (this.#y[point] - y) ** 2;
          if (distance > least || (distance === least && point < best) || !accept(point)) continue;
          least = distance;
          best = point;
        }
      }
    }
    return best;
  }

  #clamp(pixel: number, count: number): number {
    return Math.min(count - 1, Math.max(0, Math.floor(pixel / CELL)));
  }

  #cellOf(x: number, y: number): number {
    return this.#clamp(y, this.#rows) * this.#columns + this.#clamp(x, this.#columns);
  }
}
