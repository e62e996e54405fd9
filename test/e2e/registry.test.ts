/** The registry of a profile by the command line: a run becomes a version by its config, and is found by address. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lathe, scratchFolder, type Finished } from './harness/command-line';

const TABLE = ['x,side', ...Array.from({ length: 40 }, (_, i) => `${i / 10},${i < 20 ? 'left' : 'right'}`)].join('\n');

const folder = scratchFolder();
const run = (...args: string[]): Promise<Finished> => lathe([...args, '--profile', 'profile', '--json'], folder.path);

beforeAll(() => {
  writeFileSync(folder.file('halves.csv'), `${TABLE}\n`);
  writeFileSync(
    folder.file('config.yaml'),
    `name: halves
data: {target: side}
model: {architecture: mlp, hidden: [4]}
training: {epochs: 1}
registry: {mlflow: {tracking_uri: local, model_name: halves, alias: champion}}
`,
  );
});
afterAll(() => folder.remove());

it('trains into the registry, and predicts and exports from it', { timeout: 120_000 }, async () => {
  const trained = await run('train', 'config.yaml', '--data', 'halves.csv', '--out', 'out');
  expect(trained.stderr).toContain('The model is registered as models:/halves/1.');
  expect(trained.code).toBe(0);
  const { run_id, weights_sha256, tracking } = trained.json();
  expect(tracking).toEqual({});

  const named = await run('predict', 'models:/halves@champion', '--data', 'halves.csv');
  expect(named.code).toBe(0);
  expect(named.json()).toEqual((await run('predict', String(run_id), '--data', 'halves.csv')).json());

  const { code, json } = await run('export', 'models:/halves/1', '--format', 'safetensors', '--out', 'out');
  expect(code).toBe(0);
  expect(readFileSync(String(json().file)).toString('latin1')).toContain(String(weights_sha256));

  const missing = await run('predict', 'models:/halves@nobody', '--data', 'halves.csv');
  expect(missing.code).toBe(2);
  expect(missing.stderr).toContain('has no alias nobody. It has @champion.');
});
