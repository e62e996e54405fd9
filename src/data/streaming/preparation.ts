/**
 * What a trainer must know of data that it does not have, as one string of bytes: the preprocessing, the splits, the class
 * counts and the notices. The same dataset and config give the same bytes, so that their hash names them.
 *
 * Length of the JSON u32 little-endian, the JSON, then two bits an example, the first in the lowest bits of a byte: 0 no
 * split, 1 training, 2 validation, 3 test.
 */
import * as v from 'valibot';
import { LatheError } from '../../base/errors';
import { canonicalJson } from '../../base/hash';
import type { PreparedData } from '../contract';
import { preprocessingSchema } from '../features/schema';
import type { Splits } from '../split';
import { encodingOf, ENCODINGS, type Encoding } from './example-codec';

/** All of a `PreparedData` but its examples. */
export interface Preparation extends Pick<
  PreparedData,
  'examples' | 'preprocessing' | 'splits' | 'class_counts' | 'notices'
> {
  encoding: Encoding;
}

/** Most examples that are streamed. */
const MOST_EXAMPLES = 2 ** 28;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const header = v.pipe(
  v.object({
    examples: v.pipe(count, v.maxValue(MOST_EXAMPLES)),
    preprocessing: preprocessingSchema,
    class_counts: v.nullable(v.array(count)),
    notices: v.pipe(
      v.array(v.object({ level: v.picklist(['info', 'warning']), message: v.pipe(v.string(), v.maxLength(10_000)) })),
      v.maxLength(1_000),
    ),
    encoding: v.picklist(ENCODINGS),
  }),
  v.check(
    ({ preprocessing, class_counts }) => class_counts === null || class_counts.length === preprocessing.classes?.length,
    'the counts do not fit the classes',
  ),
);

/** The preparation of data that is here. @throws LatheError of kind `data` where it is too much to be streamed */
export async function packPreparation(data: PreparedData): Promise<Uint8Array<ArrayBuffer>> {
  const { examples, preprocessing, class_counts, notices, splits } = data;
  if (examples > MOST_EXAMPLES) {
    throw new LatheError(
      'data',
      `${examples} examples are more than can be streamed. Let the others copy the dataset.`,
    );
  }
  const encoding = await encodingOf(data, preprocessing, splits.train[0]);
  const json = new TextEncoder().encode(
    canonicalJson({ examples, preprocessing, class_counts, notices, encoding } satisfies Omit<Preparation, 'splits'>),
  );
  const bytes = new Uint8Array(4 + json.length + Math.ceil(examples / 4));
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 4);
  const packed = bytes.subarray(4 + json.length);
  const mark = (indices: Uint32Array, code: number): void =>
    indices.forEach((index) => (packed[index >> 2] |= code << (2 * (index & 3))));
  mark(splits.train, 1);
  mark(splits.validation, 2);
  mark(splits.test, 3);
  return bytes;
}

/** Reads a preparation. @throws LatheError of kind `group` where it is none */
export function readPreparation(bytes: Uint8Array): Preparation {
  const wrong = (why: string): LatheError =>
    new LatheError(
      'group',
      `What was told of the data cannot be read: ${why}. Whoever sends it may have another version of Lathe: reload both pages.`,
    );
  if (bytes.length < 4) throw wrong('it is too short');
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(4, 4 + length)));
  } catch {
    throw wrong('it is no JSON');
  }
  const result = v.safeParse(header, json);
  if (!result.success) throw wrong(result.issues[0].message);
  const packed = bytes.subarray(4 + length);
  const { examples } = result.output;
  if (packed.length !== Math.ceil(examples / 4)) throw wrong('its splits have another length');
  return { ...result.output, splits: readSplits(packed, examples) };
}

function readSplits(packed: Uint8Array, examples: number): Splits {
  const codeOf = (index: number): number => (packed[index >> 2] >> (2 * (index & 3))) & 3;
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < examples; i++) counts[codeOf(i)]++;
  const places = counts.map((size) => new Uint32Array(size));
  const at = [0, 0, 0, 0];
  for (let i = 0; i < examples; i++) {
    const code = codeOf(i);
    places[code][at[code]++] = i;
  }
  const [, train, validation, test] = places;
  return { train, validation, test };
}
