import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { describeModel, readMlmodel, writeMlmodel } from '../../../../../src/tracking/trackers/mlflow/model-folder';
import { runFile } from './tracked-run';

const folder = (files = [runFile('model/bundle.zip', 'zip', true), runFile('model/net.onnx', 'onnx', true)]) => ({
  run_id: 'a1',
  files,
  created: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  mlflow_version: '3.18.0',
  metadata: { dataset: 'digits', answer: 'yes' },
});

describe('the MLmodel file', () => {
  it('names the flavors of the files that there are', async () => {
    const model = await describeModel(folder());
    expect(model).toMatchObject({
      artifact_path: 'model',
      run_id: 'a1',
      mlflow_version: '3.18.0',
      model_size_bytes: 7,
      utc_time_created: '2026-01-02 03:04:05.006000',
      flavors: { lathe: { bundle: 'bundle.zip', bundle_version: 1 }, onnx: { data: 'net.onnx' } },
    });
    expect(model?.model_uuid).toMatch(/^[0-9a-f]{32}$/);
    expect(await describeModel(folder([runFile('model/bundle.zip', 'zip', true)]))).not.toHaveProperty('flavors.onnx');
    expect(await describeModel(folder([runFile('bundle.zip', 'zip')]))).toBeNull();
  });

  it('is the same for the same files, and another for others', async () => {
    const [one, two] = await Promise.all([describeModel(folder()), describeModel(folder())]);
    expect(one).toEqual(two);
    const other = [{ ...runFile('model/bundle.zip', 'zip', true), key: 'another' }];
    expect((await describeModel(folder(other)))?.model_uuid).not.toBe(one?.model_uuid);
  });

  it('keeps what YAML 1.1 would take for something else', async () => {
    const text = await writeMlmodel((await describeModel(folder())) ?? {});
    expect(parse(text, { version: '1.1' })).toMatchObject({
      metadata: { answer: 'yes' },
      utc_time_created: '2026-01-02 03:04:05.006000',
    });
  });

  it('is read back, and those of others are told', async () => {
    const text = await writeMlmodel((await describeModel(folder())) ?? {});
    expect(await readMlmodel(text)).toEqual({ bundle: 'bundle.zip', bytes: 7 });
    expect(await readMlmodel('flavors: {sklearn: {pickled_model: model.pkl}}')).toBeNull();
    expect(await readMlmodel('flavors: {lathe: {bundle: ../secret.zip}}')).toBeNull();
    expect(await readMlmodel('flavors: {lathe: {bundle: /etc/passwd}}')).toBeNull();
    expect(await readMlmodel('just text')).toBeNull();
  });
});
