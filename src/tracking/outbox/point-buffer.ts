/** Points of one metric that were not sent yet, as they lie in the chunks of the store. */
import type { DeliveryCursor } from '../../store/delivery';
import type { MetricChunkRow } from '../../store/schema';

type MetricCursor = DeliveryCursor['metrics'][string];

/** A window on one metric. */
export class PointBuffer {
  readonly metric: string;
  readonly #rows: MetricChunkRow[];
  /** Number of points in the chunks before each. */
  readonly #starts: number[] = [];
  readonly #length: number;
  /** Whether later chunks were left out. */
  readonly more: boolean;
  #at: number;

  /** @param rows chunks in order; those that the cursor has passed may be missing */
  constructor(metric: string, rows: MetricChunkRow[], cursor: MetricCursor | undefined, more: boolean) {
    this.metric = metric;
    this.#rows = rows;
    let length = 0;
    for (const { steps } of rows) {
      this.#starts.push(length);
      length += steps.length;
    }
    this.#length = length;
    this.more = more;
    this.#at = cursor ? Math.min(this.indexAfter(cursor.step), this.#indexFrom(cursor.step) + cursor.at_step) : 0;
  }

  /** Points that are left. */
  get left(): number {
    return this.#length - this.#at;
  }

  /** Step of the first point that is left; Infinity: none is. */
  get first(): number {
    return this.left > 0 ? this.#step(this.#at) : Infinity;
  }

  /** Step of the last point; -1: there is none. */
  get last(): number {
    return this.#length > 0 ? this.#step(this.#length - 1) : -1;
  }

  /** How many of those that are left have a step up to this one. */
  upTo(step: number): number {
    return Math.max(0, this.indexAfter(step) - this.#at);
  }

  /** Takes the next `count` points out, and says how far that is. */
  take(count: number): {
    points: { steps: Float64Array; values: Float64Array; times: Float64Array };
    cursor: MetricCursor;
  } {
    const points = {
      steps: new Float64Array(count),
      values: new Float64Array(count),
      times: new Float64Array(count),
    };
    let chunk = this.#chunkOf(this.#at);
    for (let done = 0; done < count; chunk++) {
      const row = this.#rows[chunk];
      const from = this.#at + done - this.#starts[chunk];
      const taken = Math.min(count - done, row.steps.length - from);
      points.steps.set(row.steps.subarray(from, from + taken), done);
      points.values.set(row.values.subarray(from, from + taken), done);
      points.times.set(row.times.subarray(from, from + taken), done);
      done += taken;
    }
    this.#at += count;
    const step = points.steps[count - 1];
    const last = this.#rows[this.#chunkOf(this.#at - 1)].chunk;
    return { points, cursor: { step, at_step: this.#at - this.#indexFrom(step), chunk: last } };
  }

  /** Index of the first point whose step is beyond `step`. */
  indexAfter(step: number): number {
    return this.#search((at) => at > step);
  }

  #indexFrom(step: number): number {
    return this.#search((at) => at >= step);
  }

  /** The first index whose step is one where `beyond` holds; it holds for all later ones. */
  #search(beyond: (step: number) => boolean): number {
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (beyond(this.#step(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #step(index: number): number {
    const chunk = this.#chunkOf(index);
    return this.#rows[chunk].steps[index - this.#starts[chunk]];
  }

  #chunkOf(index: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle] <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
