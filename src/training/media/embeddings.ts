/** Examples as the last hidden layer sees them, for a projector. */
import type { MediaContent } from '../../store/media';
import type { Preprocessing } from '../../store/schema';
import { describeOutput, type Predicted } from '../predicted';
import type { SeenExample } from './examples';

/** Numbers of all vectors together, at most: 16 MiB a recording. */
const MOST_NUMBERS = 2 ** 22;

/** Characters of a window that are told. */
const PASSAGE = 32;

/** Takes examples up, one after the other. */
export class EmbeddingRows {
  /** Examples that had no room. */
  left = 0;
  readonly #preprocessing: Preprocessing;
  readonly #vectors: Float32Array[] = [];
  readonly #metadata: string[][] = [];

  constructor(preprocessing: Preprocessing) {
    this.#preprocessing = preprocessing;
  }

  add(example: SeenExample): void {
    const vector = this.#vectorOf(example);
    if ((this.#vectors.length + 1) * vector.length > MOST_NUMBERS) {
      this.left++;
      return;
    }
    this.#vectors.push(vector);
    const said = describeOutput(this.#preprocessing, example.output, example.target);
    this.#metadata.push([...this.#words(said), this.#nameOf(example)]);
  }

  /** What was taken up; null: nothing. */
  content(): MediaContent | null {
    const width = this.#vectors.at(0)?.length ?? 0;
    if (width === 0) return null;
    const vectors = new Float32Array(width * this.#vectors.length);
    this.#vectors.forEach((vector, i) => vectors.set(vector, i * width));
    const { inputs, target } = this.#preprocessing;
    const answers =
      inputs.kind === 'text' || target.length < 2
        ? ['label', 'prediction']
        : target.flatMap((name) => [name, `prediction of ${name}`]);
    const columns = [...answers, inputs.kind === 'text' ? 'text' : 'example'];
    return { kind: 'embedding', vectors, width, columns, metadata: this.#metadata };
  }

  /** Of a window of text that of its last character, which the next one is told from. */
  #vectorOf({ hidden, target }: SeenExample): Float32Array {
    if (this.#preprocessing.inputs.kind !== 'text') return hidden.slice();
    const width = hidden.length / target.length;
    const last = lastOf(target);
    return hidden.slice(last * width, (last + 1) * width);
  }

  #words({ label, actual, values }: Predicted): string[] {
    if (label !== undefined) return [typeof actual === 'string' ? actual : '', label];
    const { target } = this.#preprocessing;
    const show = (value: number | undefined): string =>
      value === undefined ? '' : String(Number(value.toPrecision(6)));
    return target.flatMap((name) => [typeof actual === 'object' ? show(actual[name]) : '', show(values?.[name])]);
  }

  #nameOf({ number, input, target }: SeenExample): string {
    const { inputs } = this.#preprocessing;
    if (inputs.kind !== 'text') return String(number);
    const end = lastOf(target) + 1;
    const tokens = input.subarray(Math.max(0, end - PASSAGE), end);
    return Array.from(tokens, (token) => inputs.vocabulary[token - 1] ?? '\uFFFD').join('');
  }
}

/** Place of the last character of a window that another one follows. */
const lastOf = (target: Float32Array | Int32Array): number =>
  Math.max(
    0,
    target.findLastIndex((token) => token >= 0),
  );
