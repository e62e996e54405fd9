/** The data of a run that this browser has, for those who train the run without it. In a worker of its own. */
import { sha256 } from '../../base/hash';
import { databaseBlobs } from '../../store/blobs';
import type { Database } from '../../store/database';
import { getRun } from '../../store/runs';
import { LatheError } from '../../base/errors';
import type { PreparedData } from '../contract';
import { prepareTraining } from '../prepare';
import { exampleCodec, type ExampleCodec } from './example-codec';
import { packPreparation, readPreparation } from './preparation';

/** Gives out examples. */
export interface ExampleHolder {
  /** What a trainer must know of the data. @throws LatheError where it cannot be prepared */
  preparation(): Promise<{ hash: string; bytes: Uint8Array<ArrayBuffer> }>;
  /** Encoded examples, in the order of `indices`. @throws LatheError of kind `usage` where there are no such examples */
  examples(indices: readonly number[]): Promise<Uint8Array<ArrayBuffer>>;
}

/** Longest answer, in bytes, where it is of more than one example. */
const MOST_ANSWER = 2 ** 22;

/** The examples of a stored run. Nothing is read before it is asked for. */
export function runExamples(database: () => Promise<Database>, runId: string): ExampleHolder {
  return exampleHolder(async () => {
    const opened = await database();
    const run = await getRun(opened, runId);
    const dataset = await opened.get('datasets', run.dataset_id);
    if (!dataset) throw new LatheError('data', `The dataset ${run.dataset_name} is not in this browser any more.`);
    return prepareTraining(dataset, run.config, databaseBlobs(opened));
  });
}

/** The examples of what `prepare` gives, which is called once. */
export function exampleHolder(prepare: () => Promise<PreparedData>): ExampleHolder {
  interface Ready {
    data: PreparedData;
    codec: ExampleCodec;
    hash: string;
    bytes: Uint8Array<ArrayBuffer>;
  }
  let ready: Promise<Ready> | null = null;
  const get = (): Promise<Ready> => {
    ready ??= (async () => {
      const data = await prepare();
      const bytes = await packPreparation(data);
      const codec = exampleCodec(data.preprocessing, readPreparation(bytes).encoding);
      return { data, codec, bytes, hash: await sha256(bytes) };
    })();
    // What went wrong may be over by the next time.
    ready.catch(() => (ready = null));
    return ready;
  };
  return {
    async preparation() {
      const { hash, bytes } = await get();
      return { hash, bytes };
    },
    async examples(indices) {
      const { data, codec } = await get();
      if (indices.some((index) => index >= data.examples)) {
        throw new LatheError('usage', 'There are no such examples in this data.');
      }
      if (indices.length > 1 && indices.length * codec.bytes > MOST_ANSWER) {
        throw new LatheError('usage', 'So many examples are too much for one answer.');
      }
      return codec.encode(await data.batch(indices));
    },
  };
}
