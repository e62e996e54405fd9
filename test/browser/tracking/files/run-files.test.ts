import { expect, it } from 'vitest';
import type { Database } from '../../../../src/store/database';
import { MetricWriter } from '../../../../src/store/metrics';
import { parseConfig } from '../../../../src/config/parse';
import { putRun } from '../../../../src/store/runs';
import type { RunRow } from '../../../../src/store/schema';
import { plannedFiles } from '../../../../src/tracking/files/run-files';
import { runRow } from '../../../helpers/run-row';
import { freshDatabase } from '../../../helpers/stored-run';
import { trackedRun } from '../../../helpers/tracked-run';

async function store(fields: Partial<RunRow>, metrics: Record<string, number[]>): Promise<Database> {
  const database = await freshDatabase();
  await putRun(database, runRow('r', { status: 'finished', ...fields }));
  const writer = new MetricWriter(database, 'r');
  for (const [metric, values] of Object.entries(metrics))
    values.forEach((value, i) => writer.append(metric, i + 1, value, i));
  await writer.flush();
  return database;
}

/** What is sent of a run that has ended, by path. */
async function files(database: Database): Promise<Map<string, Blob>> {
  const planned = await plannedFiles(
    database,
    trackedRun({ id: 'r', ended: 2, status: 'finished' }),
    async () => new Blob(['bundle']),
  );
  const made = await Promise.all(planned.map(async (file) => [file.path, await file.make()] as const));
  return new Map(made.flatMap(([path, blob]) => (blob ? [[path, blob]] : [])));
}

it('sends curves and confusion matrices as pictures', async () => {
  const confusion = {
    labels: ['cat', 'dog'],
    matrix: [
      [3, 1],
      [0, 4],
    ],
  };
  const sent = await files(
    await store(
      { confusion: { val: confusion, test: confusion } },
      { train_loss: [3, 2, 1], val_accuracy: [0.5, 0.75] },
    ),
  );
  expect([...sent.keys()]).toEqual([
    'config.yaml',
    'plots/curves.png',
    'plots/confusion-val.png',
    'plots/confusion-test.png',
  ]);
  for (const [path, blob] of sent) {
    if (!path.startsWith('plots/')) continue;
    expect(blob.type).toBe('image/png');
    const { width, height } = await createImageBitmap(blob);
    expect(Math.min(width, height)).toBeGreaterThan(100);
  }
});

it('draws no curves of a run that logged none', async () => {
  expect([...(await files(await store({}, { 'system/cpu': [1, 2] }))).keys()]).toEqual(['config.yaml']);
});

it('sends a model of a run that has one, not of a trial', async () => {
  expect((await files(await store({ best_checkpoint: 'c' }, {}))).has('model/bundle.zip')).toBe(true);
  expect((await files(await store({ best_checkpoint: 'c', trial: 3 }, {}))).has('model/bundle.zip')).toBe(false);
});

it('sends no way into the room of a group', async () => {
  const config = parseConfig({ training: { distributed: { room: 'https://lathe.example.org/#/join/secret' } } });
  const yaml = (await files(await store({ config }, {}))).get('config.yaml');
  expect(await yaml?.text()).toMatch(/room: null/);
});
