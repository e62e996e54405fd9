import { unzipSync } from 'fflate';
import { beforeAll, expect, it } from 'vitest';
import { newId } from '../../../src/base/ids';
import { startBackend } from '../../../src/engine/backend';
import { exportModel } from '../../../src/export/export-model';
import { addMedia } from '../../../src/store/media';
import type { Preprocessing } from '../../../src/store/schema';
import { freshDatabase, storeRun } from '../../helpers/stored-run';

const preprocessing: Preprocessing = {
  version: 1,
  task: 'classification',
  input_shape: [8, 8, 1],
  inputs: { kind: 'images', mean: [0.1], std: [0.3] },
  target: ['label'],
  classes: ['0', '1'],
  target_scale: null,
};

beforeAll(async () => {
  await startBackend(['webgpu', 'webgl', 'cpu']);
});

it('a run leaves as an offline run of W&B, without the way into its group', async () => {
  const database = await freshDatabase();
  const room = `secret${newId()}`;
  const { id } = await storeRun(database, {
    config: {
      name: 'digits',
      model: { architecture: 'cnn', filters: [3] },
      training: { distributed: { room } },
      logging: { wandb: { project: 'mine' } },
    },
    preprocessing,
  });
  await addMedia(database, [
    { run_id: id, name: 'words', step: 1, time: Date.now(), content: { kind: 'text', text: 'hello' } },
  ]);
  const { name, blob } = await exportModel(database, { run_id: id }, 'wandb', async () => undefined);
  expect(name).toBe('digits-wandb.zip');
  const files = unzipSync(new Uint8Array(await blob.arrayBuffer()));
  const folder = new RegExp(`^wandb/offline-run-\\d{8}_\\d{6}-${id}/`);
  const paths = Object.keys(files).map((path) => path.replace(folder, ''));
  expect(paths).toEqual([
    `run-${id}.wandb`,
    'files/lathe/config.yaml',
    expect.stringMatching(/^files\/media\/html\/words_1_[0-9a-f]{20}\.html$/),
  ]);
  const all = Object.values(files)
    .map((bytes) => new TextDecoder('latin1').decode(bytes))
    .join('');
  expect(all).toContain('mine');
  expect(all).toContain('loss');
  expect(all).not.toContain(room);
});
