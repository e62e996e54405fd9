import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { strFromU8, unzipSync, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lathe, scratchFolder, type Finished } from './harness/command-line';
import { CIRCLE_CONFIG, writeCircle } from './harness/data';

describe('lathe train, predict, export and runs', () => {
  const folder = scratchFolder();
  const run = (...args: string[]) => lathe([...args, '--profile', 'profile', '--json'], folder.path);
  let trained: Finished;

  beforeAll(async () => {
    writeCircle(folder.file('circle.csv'));
    writeFileSync(folder.file('config.yaml'), CIRCLE_CONFIG);
    trained = await run('train', 'config.yaml', '--data', 'circle.csv', '--out', 'out');
  });
  afterAll(() => folder.remove());

  it('trains and prints one object with everything that is promised', () => {
    expect(trained.stderr).not.toContain('Error');
    expect(trained.code).toBe(0);
    expect(trained.stdout.trim().split('\n')).toHaveLength(1);
    const result = trained.json();
    expect(result).toMatchObject({
      status: 'finished',
      epochs: 8,
      steps: 64,
      steps_this_process: 64,
      resumed_from: null,
      run_id: expect.stringMatching(/^[0-9a-z]{8}$/),
      weights_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      backend: expect.stringMatching(/^(webgpu|webgl|cpu)$/),
      adapter: expect.any(String),
      seconds: expect.any(Number),
      tracking: {},
      metrics: {
        train: { accuracy: expect.any(Number) },
        val: { accuracy: expect.any(Number), loss: expect.any(Number) },
        test: { accuracy: expect.any(Number), loss: expect.any(Number) },
      },
    });
  });

  it('tells its progress line by line', () => {
    const events = trained.events();
    const runId = trained.json().run_id;
    const named = (name: string) => events.filter(({ event }) => event === name);
    expect(named('started')).toEqual([expect.objectContaining({ run_id: runId, step: 0, total_steps: 64 })]);
    expect(named('progress').length).toBeGreaterThan(0);
    expect(named('progress').at(-1)).toMatchObject({ run_id: runId, total_steps: 64 });
    expect(named('checkpoint').length).toBeGreaterThan(4);
    expect(named('evaluated').length).toBeGreaterThanOrEqual(8);
    expect(named('ended')).toEqual([expect.objectContaining({ status: 'finished' })]);
  });

  it('leaves a checkpoint, a bundle and the metrics in the folder', () => {
    const { checkpoint, bundle, metrics } = trained.json();
    expect(checkpoint).toMatch(/\/out\/checkpoint-\d+\.safetensors$/);
    expect(bundle).toMatch(/\/out\/.*\.zip$/);
    expect(existsSync(String(checkpoint))).toBe(true);
    const files = unzipSync(readFileSync(String(bundle)));
    expect(Object.keys(files).join(' ')).toMatch(/model\.safetensors/);
    expect(Object.keys(files).join(' ')).toMatch(/manifest\.json/);
    const written: unknown = JSON.parse(readFileSync(folder.file('out/metrics.json'), 'utf8'));
    expect(JSON.stringify(written)).toContain(JSON.stringify((metrics as { test: unknown }).test));
  });

  it('lists the run', async () => {
    const { code, stdout } = await run('runs');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      expect.objectContaining({ run_id: trained.json().run_id, status: 'finished', name: 'circle', steps: 64 }),
    ]);
    const table = await lathe(['runs', '--profile', 'profile'], folder.path);
    expect(table.stdout).toMatch(/^id +name +status/);
    expect(table.stdout).toContain('circle');
  });

  it('predicts with the bundle, and scores where there are labels', async () => {
    writeFileSync(folder.file('new.csv'), 'x,y,place\n0.01,0.02,inside\n0.98,-0.97,outside\n');
    const labelled = await run('predict', String(trained.json().bundle), '--data', 'new.csv');
    expect(labelled.code).toBe(0);
    expect(labelled.json()).toMatchObject({
      n: 2,
      predictions: [
        { label: 'inside', actual: 'inside' },
        { label: 'outside', actual: 'outside' },
      ],
      metrics: { accuracy: 1 },
    });
    writeFileSync(folder.file('unlabelled.csv'), 'x,y\n0.01,0.02\n');
    const unlabelled = await run('predict', String(trained.json().run_id), '--data', 'unlabelled.csv');
    expect(unlabelled.json()).toMatchObject({ n: 1, predictions: [{ label: 'inside' }], metrics: null });
  });

  it('exports the run in every format', async () => {
    for (const format of ['bundle', 'tfjs', 'safetensors', 'tensorboard']) {
      const { code, json } = await run('export', 'circle', '--format', format, '--out', `export/${format}`);
      expect(code).toBe(0);
      expect(json()).toMatchObject({ run_id: trained.json().run_id, format });
      expect(existsSync(String(json().file))).toBe(true);
    }
    const unknown = await run('export', 'nothing', '--format', 'bundle', '--out', 'export');
    expect(unknown.stderr).toContain('There is no run nothing');
    expect(unknown.code).toBe(2);
  });

  it('refuses a bundle whose content was changed', async () => {
    const files = unzipSync(readFileSync(String(trained.json().bundle)));
    const name = Object.keys(files).find((path) => path.endsWith('metrics.json'))!;
    files[name] = new TextEncoder().encode(
      strFromU8(files[name]).replace(/\d/, (digit) => String((Number(digit) + 1) % 10)),
    );
    writeFileSync(folder.file('changed.zip'), zipSync(files));
    const { code, stderr } = await run('predict', 'changed.zip', '--data', 'circle.csv');
    expect(stderr).toContain('metrics.json');
    expect(code).toBe(3);
  });

  it('never takes up a finished run again', async () => {
    const again = await run('train', 'config.yaml', '--data', 'circle.csv');
    expect(again.json().run_id).not.toBe(trained.json().run_id);
    expect(again.json()).toMatchObject({
      resumed_from: null,
      // The same config, data and seed on the same adapter: the same bits.
      weights_sha256: trained.json().weights_sha256,
      metrics: trained.json().metrics,
      checkpoint: null,
      bundle: null,
    });
  });
});
