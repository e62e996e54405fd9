import { unzipSync, zipSync } from 'fflate';
import Papa from 'papaparse';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../../src/analysis/loaded-model';
import { sha256 } from '../../../src/base/hash';
import { configFromYaml } from '../../../src/config/yaml';
import { startBackend } from '../../../src/engine/backend';
import { tf } from '../../../src/engine/tf';
import { exportModel } from '../../../src/export/export-model';
import { importBundle } from '../../../src/export/import-bundle';
import { packBundle } from '../../../src/export/bundle/pack';
import type { ArchiveFile } from '../../../src/export/zip';
import type { Database } from '../../../src/store/database';
import type { ModelRef, Preprocessing, RunRow } from '../../../src/store/schema';
import { findTrainedModel, readTrainedWeights } from '../../../src/store/trained-model';
import { freshDatabase, storeRun } from '../../helpers/stored-run';

const preprocessing: Preprocessing = {
  version: 1,
  task: 'classification',
  input_shape: [8, 8, 1],
  inputs: { kind: 'images', mean: [0.1], std: [0.3] },
  target: ['label'],
  classes: ['0', '1', '<2>'],
  target_scale: null,
};
const config = { name: 'Ziffern “klein”/1', model: { architecture: 'cnn' as const, filters: [3], dropout: 0.25 } };
const noBackend = async (): Promise<void> => undefined;

async function stored(): Promise<{ database: Database; run: RunRow }> {
  const database = await freshDatabase();
  return { database, run: await storeRun(database, { config, preprocessing }) };
}

async function outputs(database: Database, ref: ModelRef, inputs: Float32Array, n: number): Promise<Float32Array> {
  const trained = await findTrainedModel(database, ref);
  const model = loadModel(trained, await readTrainedWeights(database, trained));
  const result = await model.outputs(inputs, n);
  model.dispose();
  return result;
}

const unzip = async (blob: Blob): Promise<Record<string, Uint8Array<ArrayBuffer>>> =>
  Object.fromEntries(
    Object.entries(unzipSync(new Uint8Array(await blob.arrayBuffer()))).map(([path, bytes]) => [path, bytes.slice()]),
  );
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The bundle with files replaced, and a manifest that fits them: what only the checks behind the checksums can find. */
async function repacked(blob: Blob, change: Record<string, string | Uint8Array | null>): Promise<File> {
  const files = await unzip(blob);
  const manifest = JSON.parse(text(files['manifest.json'])) as Parameters<typeof packBundle>[1];
  const list: ArchiveFile[] = Object.entries(files)
    .filter(([path]) => path !== 'manifest.json' && change[path] !== null)
    .map(([path, bytes]) => {
      const replaced = change[path];
      return { path, bytes: typeof replaced === 'string' ? new TextEncoder().encode(replaced) : (replaced ?? bytes) };
    });
  return new File([await packBundle(list, manifest)], 'changed.zip');
}

beforeAll(async () => {
  await startBackend(['webgpu', 'webgl', 'cpu']);
});

describe('a bundle', () => {
  it('holds every file that it promises, each readable for itself', async () => {
    const { database, run } = await stored();
    const { name, blob } = await exportModel(database, { run_id: run.id }, 'bundle', noBackend);
    expect(name).toBe('Ziffern-klein-1.zip');
    const files = await unzip(blob);
    expect(Object.keys(files).sort()).toEqual([
      'README.md',
      'config.yaml',
      'curves.csv',
      'curves.png',
      'labels.json',
      'manifest.json',
      'metrics.json',
      'model.safetensors',
      'preprocessing.json',
      'tfjs/model.json',
      'tfjs/weights.bin',
    ]);
    expect(configFromYaml(text(files['config.yaml']))).toEqual(run.config);
    expect(JSON.parse(text(files['preprocessing.json']))).toEqual(preprocessing);
    expect(JSON.parse(text(files['labels.json']))).toEqual(['0', '1', '<2>']);
    expect(JSON.parse(text(files['metrics.json']))).toMatchObject({
      ...run.metrics,
      checkpoint: { step: 20, epoch: 2 },
    });
    const curves = Papa.parse<string[]>(text(files['curves.csv']), { skipEmptyLines: true }).data;
    expect(curves[0]).toEqual(['step', 'train_loss', 'val_loss']);
    expect(curves).toHaveLength(21);
    expect(curves[20]).toEqual(['20', '0.05', '0.75']);
    expect(text(files['README.md'])).toContain('# Ziffern “klein”/1');
    const picture = await createImageBitmap(new Blob([files['curves.png']], { type: 'image/png' }));
    expect([picture.width, picture.height]).toEqual([1280, 480]);

    const manifest = JSON.parse(text(files['manifest.json'])) as {
      files: unknown[];
      weights_sha256: string;
      run_id: string;
    };
    expect(manifest.run_id).toBe(run.id);
    expect(manifest.weights_sha256).toBe(run.weights_sha256);
    expect(await sha256(files['tfjs/weights.bin'])).toBe(run.weights_sha256);
    for (const [path, bytes] of Object.entries(files)) {
      if (path === 'manifest.json') continue;
      expect(manifest.files).toContainEqual({ path, bytes: bytes.length, sha256: await sha256(bytes) });
    }
    database.close();
  });

  it('predicts the same, bit for bit, after export and import into another browser', async () => {
    const { database, run } = await stored();
    const { name, blob } = await exportModel(database, { run_id: run.id }, 'bundle', noBackend);
    const other = await freshDatabase();
    const model = await importBundle(other, new File([blob], name));
    expect(model).toMatchObject({
      name: run.name,
      deleted_at: null,
      config: run.config,
      preprocessing,
      metrics: run.metrics,
      dataset_name: run.dataset_name,
      dataset_hash: run.dataset_hash,
      bundle_name: name,
      summary: { architecture: 'cnn', outputs: 3 },
    });
    const inputs = Float32Array.from({ length: 4 * 64 }, (_, i) => Math.cos(i * 0.7));
    const before = await outputs(database, { run_id: run.id }, inputs, 4);
    const after = await outputs(other, { model_id: model.id }, inputs, 4);
    expect(new Uint8Array(after.slice().buffer)).toEqual(new Uint8Array(before.slice().buffer));

    const tfjs = await unzip((await exportModel(other, { model_id: model.id }, 'tfjs', noBackend)).blob);
    expect(await sha256(tfjs['weights.bin'])).toBe(run.weights_sha256);
    database.close();
    other.close();
  });

  it('comes back byte for byte when an imported model is exported again, and is stored once', async () => {
    const { database, run } = await stored();
    const { blob } = await exportModel(database, { run_id: run.id }, 'bundle', noBackend);
    const first = await importBundle(database, new File([blob], 'a.zip'));
    const second = await importBundle(database, new File([blob], 'b.zip'));
    expect(second).toEqual(first);
    const again = await exportModel(database, { model_id: first.id }, 'bundle', noBackend);
    expect(await sha256(await again.blob.arrayBuffer())).toBe(await sha256(await blob.arrayBuffer()));
    database.close();
  });

  it('is a function of the run, but for the time of the export', async () => {
    const { database, run } = await stored();
    const one = await unzip((await exportModel(database, { run_id: run.id }, 'bundle', noBackend)).blob);
    const two = await unzip((await exportModel(database, { run_id: run.id }, 'bundle', noBackend)).blob);
    const { created: _first, ...manifest } = JSON.parse(text(one['manifest.json'])) as Record<string, unknown>;
    const { created: _second, ...other } = JSON.parse(text(two['manifest.json'])) as Record<string, unknown>;
    expect(other).toEqual(manifest);
    database.close();
  });

  it('leaves no tensor behind', async () => {
    const { database, run } = await stored();
    const before = tf.memory().numTensors;
    await exportModel(database, { run_id: run.id }, 'bundle', noBackend);
    await outputs(database, { run_id: run.id }, new Float32Array(64), 1);
    expect(tf.memory().numTensors).toBe(before);
    database.close();
  });

  it('is refused when a byte was changed, and nothing is stored', async () => {
    const { database, run } = await stored();
    const { blob } = await exportModel(database, { run_id: run.id }, 'bundle', noBackend);
    const files = await unzip(blob);
    files['model.safetensors'][files['model.safetensors'].length - 1] ^= 1;
    const other = await freshDatabase();
    await expect(importBundle(other, new File([zipSync(files).slice()], 'digits.zip'))).rejects.toMatchObject({
      kind: 'bundle',
      where: { file: 'model.safetensors' },
      message: expect.stringContaining(
        'digits.zip was refused: model.safetensors does not match its SHA-256',
      ) as string,
    });
    expect(await other.count('models')).toBe(0);
    expect(await other.count('blobs')).toBe(0);
    database.close();
    other.close();
  });

  it('is refused when its parts contradict each other, though every checksum fits', async () => {
    const { database, run } = await stored();
    const { blob } = await exportModel(database, { run_id: run.id }, 'bundle', noBackend);
    const files = await unzip(blob);
    const yaml = text(files['config.yaml']);
    const weights = files['tfjs/weights.bin'];
    weights[0] ^= 1;
    const cases: [Record<string, string | Uint8Array | null>, RegExp][] = [
      [{ 'tfjs/weights.bin': weights }, /tfjs\/weights\.bin and model\.safetensors hold different weights/],
      [{ 'labels.json': '["0","1"]' }, /labels\.json and preprocessing\.json name different classes/],
      [{ 'config.yaml': yaml.replace('epochs:', 'epochen:') }, /epochen/],
      [{ 'config.yaml': 'a: [' }, /config\.yaml, line 1: this is not valid YAML/],
      [
        { 'config.yaml': yaml.replace('kernel_size: 3', 'kernel_size: 5') },
        /hold conv2d_1\/kernel as \[3, 3, 1, 3\], the model of config\.yaml needs \[5, 5, 1, 3\]/,
      ],
      [
        { 'config.yaml': yaml.replace('filters:\n    - 3', 'filters:\n    - 3\n    - 4') },
        /config\.yaml needs|lack conv2d_2/,
      ],
      [{ 'preprocessing.json': '{"version":1}' }, /preprocessing\.json, key/],
      [{ 'metrics.json': '{"version":1}' }, /metrics\.json, key/],
      [{ 'metrics.json': null }, /metrics\.json is missing, and the manifest does not list it/],
    ];
    for (const [change, message] of cases) {
      await expect(importBundle(database, await repacked(blob, change))).rejects.toMatchObject({
        kind: 'bundle',
        message: expect.stringMatching(message) as string,
      });
    }
    expect(await database.count('models')).toBe(0);
    database.close();
  });
});

describe('exportModel', () => {
  it('writes safetensors whose tensors are those of the model', async () => {
    const { database, run } = await stored();
    const { name, blob } = await exportModel(database, { run_id: run.id }, 'safetensors', noBackend);
    expect(name).toBe('Ziffern-klein-1.safetensors');
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const names = Object.keys(JSON.parse(text(bytes.subarray(8, 8 + header))) as object);
    expect(names).toEqual(['__metadata__', 'conv2d_1/kernel', 'conv2d_1/bias', 'output/kernel', 'output/bias']);
    expect(await sha256(bytes.subarray(8 + header))).toBe(run.weights_sha256);
    database.close();
  });

  it('says that there is no such run, or no checkpoint yet', async () => {
    const { database, run } = await stored();
    await expect(exportModel(database, { run_id: 'nope' }, 'tfjs', noBackend)).rejects.toMatchObject({
      kind: 'not_found',
    });
    await database.put('runs', { ...run, id: 'early', best_checkpoint: null, latest_checkpoint: null });
    await expect(exportModel(database, { run_id: 'early' }, 'tfjs', noBackend)).rejects.toThrow(
      /has no checkpoint yet/,
    );
    database.close();
  });
});
