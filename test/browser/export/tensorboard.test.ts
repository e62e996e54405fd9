import { unzipSync } from 'fflate';
import { beforeAll, expect, it } from 'vitest';
import { startBackend } from '../../../src/engine/backend';
import { exportModel } from '../../../src/export/export-model';
import { importBundle } from '../../../src/export/import-bundle';
import { runToTensorBoard } from '../../../src/export/tensorboard/run-files';
import { appendLog } from '../../../src/store/logs';
import { addMedia } from '../../../src/store/media';
import { putRun } from '../../../src/store/runs';
import type { Preprocessing } from '../../../src/store/schema';
import { runRow } from '../../helpers/run-row';
import { freshDatabase, storeRun } from '../../helpers/stored-run';

const preprocessing: Preprocessing = {
  version: 1,
  task: 'classification',
  input_shape: [2],
  inputs: {
    kind: 'table',
    decimal_comma: false,
    columns: [
      { name: 'x', role: 'number', mean: 0, std: 1, missing_indicator: false },
      { name: 'y', role: 'number', mean: 0, std: 1, missing_indicator: false },
    ],
  },
  target: ['label'],
  classes: ['a', 'b'],
  target_scale: null,
};

const noBackend = async (): Promise<void> => undefined;

const unzip = async (blob: Blob): Promise<Record<string, Uint8Array>> =>
  unzipSync(new Uint8Array(await blob.arrayBuffer()));

beforeAll(async () => {
  await startBackend(['webgpu', 'webgl', 'cpu']);
});

it('is in the bundle where the config asks for it, the same in every export, and comes back in', async () => {
  const database = await freshDatabase();
  const config = { model: { architecture: 'mlp' as const, hidden: [3] }, logging: { tensorboard: { enabled: true } } };
  const run = await storeRun(database, { config, preprocessing });
  await addMedia(database, [
    { run_id: run.id, name: 'sample', step: 3, time: 5, content: { kind: 'text', text: 'To be' } },
    {
      run_id: run.id,
      name: 'hidden',
      step: 3,
      time: 5,
      content: { kind: 'embedding', vectors: Float32Array.of(1, 2), width: 2, columns: ['label'], metadata: [['a']] },
    },
  ]);
  await appendLog(database, run.id, 'info', 'Finished.');
  const { name, blob } = await exportModel(database, { run_id: run.id }, 'bundle', noBackend);
  const files = await unzip(blob);
  const paths = Object.keys(files).filter((path) => path.startsWith('tensorboard/'));
  expect(paths).toHaveLength(4);
  expect(paths[0]).toBe(`tensorboard/events.out.tfevents.${Math.floor(run.created / 1000)}.${run.id}`);
  const again = await runToTensorBoard(database, run.id);
  expect(again.map(({ path }) => path)).toEqual(paths);
  for (const { path, bytes } of again) expect(files[path]).toEqual(bytes);

  const alone = await exportModel(database, { run_id: run.id }, 'tensorboard', noBackend);
  expect(alone.name).toBe('digits-tensorboard.zip');
  const folder = `digits-${run.id}`;
  expect(Object.keys(await unzip(alone.blob))).toEqual(paths.map((path) => path.replace('tensorboard', folder)));

  const other = await freshDatabase();
  const model = await importBundle(other, new File([blob], name));
  const back = await exportModel(other, { model_id: model.id }, 'bundle', noBackend);
  expect(new Uint8Array(await back.blob.arrayBuffer())).toEqual(new Uint8Array(await blob.arrayBuffer()));
  await expect(exportModel(other, { model_id: model.id }, 'tensorboard', noBackend)).rejects.toMatchObject({
    kind: 'usage',
  });
  database.close();
  other.close();
});

it('is no part of a bundle that was not asked for it', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, { config: { model: { architecture: 'mlp', hidden: [3] } }, preprocessing });
  const { blob } = await exportModel(database, { run_id: run.id }, 'bundle', noBackend);
  expect(Object.keys(await unzip(blob)).filter((path) => path.startsWith('tensorboard'))).toEqual([]);
  database.close();
});

it('is written of a run that has no model', async () => {
  const database = await freshDatabase();
  await putRun(database, runRow('r', { name: 'diverged', status: 'diverged' }));
  const { blob } = await exportModel(database, { run_id: 'r' }, 'tensorboard', noBackend);
  expect(Object.keys(await unzip(blob))).toEqual(['diverged-r/events.out.tfevents.0.r']);
  database.close();
});
