/** A run to train in tests: a database of its own, a row, examples in memory. */
import { connect } from '../../../src/base/rpc';
import { newId } from '../../../src/base/ids';
import { parseConfig } from '../../../src/config/parse';
import { randomStream } from '../../../src/base/random';
import type { PreparedData } from '../../../src/data/contract';
import { streamedData, type ExampleSupply, type StreamLimits } from '../../../src/data/streaming/streamed-data';
import { openDatabase, type Database } from '../../../src/store/database';
import { getRun, putRun } from '../../../src/store/runs';
import { NOT_HERE, type BackendInfo, type ImageDatasetRow, type RunRow } from '../../../src/store/schema';
import type { TrainerApi, TrainingEvent } from '../../../src/training/protocol';
import { PortCollective } from '../../../src/peers/trainer/port-collective';
import { createTrainer } from '../../../src/training/trainer';
import { runRow } from '../../helpers/run-row';

/** A database under a name of its own. */
export const freshDatabase = (): Promise<Database> => openDatabase({}, `test-${newId()}`);

const dataset: ImageDatasetRow = {
  kind: 'images',
  id: 'data',
  name: 'blobs',
  created: 0,
  deleted_at: null,
  content_hash: 'x',
  examples: 0,
  test_examples: 0,
  bytes: 0,
  source: { files: [], sample: null },
  notices: [],
  classes: [],
  class_counts: [],
  image: { height: 1, width: 1, channels: 1, uniform: true },
  chunks: [],
};

/** Examples around one random centre a class (or a random linear function of the input), split 70/15/15. */
export function syntheticData(
  options: { examples?: number; shape?: number[]; classes?: number; noise?: number; validation?: boolean } = {},
): PreparedData {
  const { examples = 120, shape = [7], classes = 3, noise = 0.7, validation = true } = options;
  const random = randomStream(5, 'synthetic');
  const size = shape.reduce((product, side) => product * side, 1);
  const centres = Array.from({ length: Math.max(classes, 1) }, () =>
    Float32Array.from({ length: size }, () => random.normal()),
  );
  const targets = Array.from({ length: examples }, () => random.integer(Math.max(classes, 1)));
  const inputs = targets.map((target) =>
    centres[target].map((value) => value * (classes > 0 ? 1 : 0) + noise * random.normal()),
  );
  const values = inputs.map(
    (input) => input.reduce((sum, value, i) => sum + value * centres[0][i], 0) / Math.sqrt(size),
  );
  const cut = (from: number, to: number): Uint32Array =>
    Uint32Array.from(
      { length: Math.floor(examples * to) - Math.floor(examples * from) },
      (_, i) => Math.floor(examples * from) + i,
    );
  const train = cut(0, validation ? 0.7 : 0.85);
  return {
    examples,
    batch(indices) {
      const picked = Array.from(indices);
      const batch = new Float32Array(picked.length * size);
      picked.forEach((index, i) => batch.set(inputs[index], i * size));
      return {
        n: picked.length,
        inputs: batch,
        targets:
          classes > 0
            ? Int32Array.from(picked, (index) => targets[index])
            : Float32Array.from(picked, (index) => values[index]),
      };
    },
    preprocessing: {
      version: 1,
      task: classes > 0 ? 'classification' : 'regression',
      input_shape: shape,
      inputs: { kind: 'images', mean: [0], std: [1] },
      target: ['label'],
      classes: classes > 0 ? Array.from({ length: classes }, (_, i) => `class ${i}`) : null,
      target_scale: classes > 0 ? null : { mean: [3], std: [2] },
    },
    splits: { train, validation: validation ? cut(0.7, 0.85) : new Uint32Array(), test: cut(0.85, 1) },
    class_counts:
      classes > 0
        ? Array.from({ length: classes }, (_, c) => [...train].filter((index) => targets[index] === c).length)
        : null,
    notices: [],
  };
}

/** Stores a run of `config`, ready to train; its data is here, or with others. */
export async function storeRun(database: Database, config: unknown, isHere = true): Promise<RunRow> {
  if (isHere) await database.put('datasets', dataset);
  const row = runRow(newId(), {
    name: 'test',
    created: Date.now(),
    updated: Date.now(),
    config: parseConfig(config),
    dataset_id: isHere ? dataset.id : NOT_HERE,
    dataset_name: dataset.name,
    dataset_hash: dataset.content_hash,
  });
  await putRun(database, row);
  return row;
}

/** One sitting of a run. */
export interface Sitting {
  events: TrainingEvent[];
  row: RunRow;
}

/** Trains a stored run until it leaves. `during` sees every event, and the trainer. */
export async function sit(
  database: Database,
  runId: string,
  data: PreparedData,
  options: {
    backends?: BackendInfo['backend'][];
    /** The metric that is reported after every epoch; `during` answers. */
    reports?: string;
    /** The port to the peer worker of a group. */
    collective?: MessagePort;
    /** The port that examples come through, to a run whose data is not here; and what of them may wait here. */
    examples?: MessagePort;
    limits?: StreamLimits;
    during?: (event: TrainingEvent, trainer: TrainerApi) => void;
  } = {},
): Promise<Sitting> {
  const trainer = createTrainer({
    database: () => Promise.resolve(database),
    prepare: () => Promise.resolve(data),
    receive: (port, leaving) => streamedData(connect<ExampleSupply>(port), leaving, options.limits),
    collective: (port, { training }) => new PortCollective(port, training.distributed.micro_batches),
  });
  const { port1, port2 } = new MessageChannel();
  const events: TrainingEvent[] = [];
  const last = new Promise<void>((resolve) => {
    port1.onmessage = ({ data: event }: MessageEvent<TrainingEvent>) => {
      events.push(event);
      options.during?.(event, trainer);
      if (event.type === 'ended' || event.type === 'device_lost') resolve();
    };
  });
  const { backends = ['webgpu'], reports = null, collective = null, examples = null } = options;
  await trainer.train(runId, port2, { backends, reports, collective, examples });
  await last;
  port1.close();
  return { events, row: await getRun(database, runId) };
}

/** Events of one type. */
export function eventsOf<T extends TrainingEvent['type']>(
  events: TrainingEvent[],
  type: T,
): Extract<TrainingEvent, { type: T }>[] {
  return events.filter((event): event is Extract<TrainingEvent, { type: T }> => event.type === type);
}
