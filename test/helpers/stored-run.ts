/** A finished run in a database of its own: real checkpoint rows and blobs around a freshly built model. */
import { canonicalJson, sha256 } from '../../src/base/hash';
import { newId } from '../../src/base/ids';
import { parseConfig } from '../../src/config/parse';
import type { RunConfigInput } from '../../src/config/schema';
import { describeIo } from '../../src/data/features/io';
import { buildModel } from '../../src/models/model';
import { summarizeModel } from '../../src/models/summary';
import { bytesOf, readWeights } from '../../src/models/weights';
import { makeBlobRow } from '../../src/store/blobs';
import { writeCheckpoint } from '../../src/store/checkpoints';
import { openDatabase, type Database } from '../../src/store/database';
import { MetricWriter } from '../../src/store/metrics';
import { putRun, updateRun } from '../../src/store/runs';
import type { Preprocessing, RunRow } from '../../src/store/schema';
import { runRow } from './run-row';

/** A database that no other test sees. */
export const freshDatabase = async (): Promise<Database> => openDatabase({}, `lathe-test-${newId()}`);

/** What a stored run is to be. */
export interface StoredRunSettings {
  config: RunConfigInput;
  preprocessing: Preprocessing;
  dataset?: { id: string; name: string; content_hash: string };
  seed?: number;
}

/** Stores a finished run whose best checkpoint holds the initial weights of its model. Needs a started backend. */
export async function storeRun(database: Database, settings: StoredRunSettings): Promise<RunRow> {
  const config = parseConfig(settings.config);
  const { preprocessing } = settings;
  const io = describeIo(preprocessing);
  const model = buildModel(config.model, io, settings.seed ?? 7);
  const { data, tensors } = await readWeights(model);
  model.dispose();

  const now = Date.now();
  const id = newId();
  await putRun(
    database,
    runRow(id, {
      name: config.name ?? 'digits',
      created: now,
      updated: now,
      status: 'finished',
      config,
      dataset_id: settings.dataset?.id ?? 'none',
      dataset_name: settings.dataset?.name ?? 'digits',
      dataset_hash: settings.dataset?.content_hash ?? '00'.repeat(32),
      preprocessing,
      model: summarizeModel(config.model, io, 32, config.training.optimizer),
      epoch: 2,
      step: 20,
      total_steps: 20,
      seconds: 12.5,
      metrics: { train: { loss: 0.5 }, val: { loss: 0.75, accuracy: 0.5 }, test: { loss: 0.7, accuracy: 0.625 } },
    }),
  );
  const weights = await makeBlobRow(bytesOf(data));
  const optimizer = await makeBlobRow(new Uint8Array());
  const state = canonicalJson({});
  await writeCheckpoint(
    database,
    {
      id: newId(),
      run_id: id,
      created: now,
      step: 20,
      epoch: 2,
      reason: 'end',
      monitor: { metric: 'val_loss', value: 0.75 },
      weights: { hash: weights.hash, tensors },
      optimizer: { hash: optimizer.hash, tensors: [] },
      state,
      state_sha256: await sha256(state),
      bytes: weights.bytes,
    },
    [weights, optimizer],
    { best: true },
  );
  const writer = new MetricWriter(database, id);
  for (let step = 1; step <= 20; step++) writer.append('train_loss', step, 1 / step, now + step);
  writer.append('val_loss', 10, 0.8, now);
  writer.append('val_loss', 20, 0.75, now);
  await writer.flush();
  return updateRun(database, id, { weights_sha256: weights.hash });
}
