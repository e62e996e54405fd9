import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { analysisCommands } from '../../../src/analysis/commands';
import { Device } from '../../../src/analysis/device';
import { ModelCache } from '../../../src/analysis/model-cache';
import { newId } from '../../../src/base/ids';
import { parseConfig } from '../../../src/config/parse';
import { importFiles } from '../../../src/data/import';
import { prepareTraining } from '../../../src/data/prepare';
import { startBackend } from '../../../src/engine/backend';
import { exportModel } from '../../../src/export/export-model';
import { importBundle } from '../../../src/export/import-bundle';
import { describe as write, remove, removeAlias, restore, setAlias } from '../../../src/registry/change';
import { findVersion, listModels, listVersions } from '../../../src/registry/read';
import { register, registerFinished } from '../../../src/registry/register';
import { databaseBlobs } from '../../../src/store/blobs';
import { deleteCheckpoints, listCheckpoints } from '../../../src/store/checkpoints';
import { collectGarbage, purgeRun } from '../../../src/store/collect';
import { openDatabase, type Database } from '../../../src/store/database';
import { updateRun } from '../../../src/store/runs';
import type { ModelRef, RunRow } from '../../../src/store/schema';
import { readTrainedWeights, findTrainedModel } from '../../../src/store/trained-model';
import { storeRun } from '../../helpers/stored-run';

const config = {
  name: 'halves',
  data: { target: 'side' },
  model: { architecture: 'mlp' as const, hidden: [4] },
};
const TABLE = [
  'x,y,side',
  ...Array.from({ length: 40 }, (_, i) => `${i / 10},${(i % 7) / 3},${i < 20 ? 'left' : 'right'}`),
].join('\n');
const ROWS = [
  { x: '0.5', y: '1' },
  { x: '3.5', y: '2' },
];
const noBackend = (): Promise<void> => Promise.resolve();

beforeAll(() => startBackend(['cpu']));

/** A browser's database, as so many tabs have it open. */
async function tabs(count = 1): Promise<[Database, ...Database[]]> {
  const name = `lathe-test-${newId()}`;
  const open = async (): Promise<Database> => {
    const database = await openDatabase({}, name);
    onTestFinished(() => database.close());
    return database;
  };
  const [first, ...others] = [await open(), ...(await Promise.all(Array.from({ length: count - 1 }, open)))];
  onTestFinished(() => void indexedDB.deleteDatabase(name));
  return [first, ...others];
}

/** A finished run whose model has the weights of `seed`. */
async function finished(database: Database, seed = 1, registry: object = {}): Promise<RunRow> {
  const blobs = databaseBlobs(database);
  const {
    datasets: [dataset],
  } = await importFiles([{ path: 'halves.csv', file: new File([TABLE], 'halves.csv') }], blobs);
  const { preprocessing } = await prepareTraining(dataset, parseConfig(config), blobs);
  const input = { ...config, registry: { mlflow: registry } };
  const run = await storeRun(database, { config: input, preprocessing, dataset, seed });
  return updateRun(database, run.id, { notes: 'Splits halves.', tags: ['small'], best: { val_loss: 0.75 } });
}

/** What a model says about two rows, to the bit. */
async function predict(database: Database, ref: ModelRef): Promise<unknown> {
  const device = new Device(['cpu'], () => cache.clear());
  const cache = new ModelCache(database, device);
  const { predictions } = await analysisCommands(database, cache).predictRows(ref, ROWS);
  cache.clear();
  return predictions;
}

const as = (model: string, alias: string | null = null) => ({ model, alias });

/** Deletes a run for good, with all that only it needs. */
async function purge(database: Database, run: RunRow): Promise<void> {
  await purgeRun(database, run.id);
  await collectGarbage(database, 0);
}

describe('a registered model', () => {
  it('has versions with what their runs were, and the alias they were given', async () => {
    const [database] = await tabs();
    const [one, two] = [await finished(database, 1), await finished(database, 2)];
    await register(database, { run_id: one.id }, as('halves', 'champion'));
    expect(await register(database, { run_id: two.id }, { ...as('halves'), description: 'Better?' })).toMatchObject({
      version: '2',
      description: 'Better?',
    });
    expect(await listModels(database)).toMatchObject([
      { name: 'halves', description: '', tags: {}, aliases: { champion: '1' }, latest: '2' },
    ]);
    expect(await listVersions(database, 'halves')).toMatchObject([
      { version: '2', run_id: two.id, aliases: [] },
      {
        version: '1',
        run_id: one.id,
        aliases: ['champion'],
        description: 'Splits halves.',
        tags: { small: 'true' },
        metrics: { 'test/accuracy': 0.625, 'best/val_loss': 0.75, epoch: 2 },
        params: { 'model.architecture': 'mlp', 'model.hidden': '[4]' },
        dataset: { hash: one.dataset_hash },
        opens: true,
      },
    ]);
  });

  it('gives the version that an alias names, which predicts the same bits as its run', async () => {
    const [database] = await tabs();
    const [one, two] = [await finished(database, 1), await finished(database, 2)];
    for (const run of [one, two]) await register(database, { run_id: run.id }, as('halves', 'champion'));
    const ask = async (version: string): Promise<unknown> => {
      const row = await findVersion(database, 'halves', version);
      return predict(database, { registered_model: row.model, version: row.version });
    };
    const [first, second] = [await predict(database, { run_id: one.id }), await predict(database, { run_id: two.id })];
    expect(first).not.toEqual(second);
    expect(await ask('@champion')).toEqual(second);
    expect(await ask('latest')).toEqual(second);
    await setAlias(database, 'halves', 'champion', '1');
    expect(await ask('@champion')).toEqual(first);
    expect(await ask('2')).toEqual(second);
    await removeAlias(database, 'halves', 'champion');
    await expect(ask('@champion')).rejects.toThrow('has no alias champion. It has no aliases.');
    await expect(ask('7')).rejects.toThrow('has no version 7. Its newest is 2.');
  });

  it('takes no room for weights that are stored already, and holds them when the run is gone', async () => {
    const [database] = await tabs();
    const [run, other] = [await finished(database, 1), await finished(database, 2)];
    const before = await database.count('blobs');
    await register(database, { run_id: run.id }, as('halves'));
    expect(await database.count('blobs')).toBe(before);
    const said = await predict(database, { run_id: run.id });
    // As `keep_top_k` does it, then the whole run.
    const [checkpoint] = await listCheckpoints(database, run.id);
    await deleteCheckpoints(database, [checkpoint.id]);
    await purge(database, run);
    await purge(database, other);
    expect(await predict(database, { registered_model: 'halves', version: 1 })).toEqual(said);
    // Of the other run nothing is left.
    const { weights } = await findVersion(database, 'halves', '1');
    expect(await database.getAllKeys('blobs')).toContain(weights.hash);
    expect(await database.getAllKeys('blobs')).not.toContain(other.weights_sha256);

    const { name, blob } = await exportModel(database, { registered_model: 'halves', version: 1 }, 'bundle', noBackend);
    expect(name).toBe('halves-v1.zip');
    const back = await importBundle(database, new File([blob], name));
    expect(back).toMatchObject({ name: 'halves v1', metrics: run.metrics, weights: { hash: weights.hash } });
    expect(await predict(database, { model_id: back.id })).toEqual(said);
    await expect(
      exportModel(database, { registered_model: 'halves', version: 1 }, 'tensorboard', noBackend),
    ).rejects.toMatchObject({ kind: 'usage' });
  });

  it('is whole where its checkpoint is kept in parts', async () => {
    const [database] = await tabs();
    const run = await finished(database);
    const said = await predict(database, { run_id: run.id });
    const [checkpoint] = await listCheckpoints(database, run.id);
    const whole = await databaseBlobs(database).get(checkpoint.weights.hash);
    const half = 4 * Math.floor(whole.size / 8);
    const pieces = [whole.slice(0, half), whole.slice(half)];
    const hashes = [];
    for (const piece of pieces) hashes.push(await databaseBlobs(database).put(piece));
    hashes.push(checkpoint.optimizer.hash);
    const bytes = [...pieces.map(({ size }) => size), 0];
    await database.put('checkpoints', { ...checkpoint, parts: { hashes, bytes, weights: 2, keepers: ['a', 'b'] } });
    await database.delete('blobs', checkpoint.weights.hash);
    await register(database, { run_id: run.id }, as('halves'));
    await purge(database, run);
    expect(await database.getAllKeys('blobs')).toEqual([checkpoint.weights.hash]);
    expect(await predict(database, { registered_model: 'halves', version: 1 })).toEqual(said);
  });

  it('is made of a bundle, too, and gives it back as it came', async () => {
    const [database] = await tabs();
    const run = await finished(database);
    const { blob } = await exportModel(database, { run_id: run.id }, 'bundle', noBackend);
    const model = await importBundle(database, new File([blob], 'halves.zip'));
    await register(database, { model_id: model.id }, as('halves'));
    await database.put('models', { ...model, deleted_at: 1 });
    await purge(database, run);
    expect(await database.count('models')).toBe(0);
    const again = await exportModel(database, { registered_model: 'halves', version: 1 }, 'bundle', noBackend);
    expect(again.blob.size).toBe(blob.size);
    const trained = await findTrainedModel(database, { registered_model: 'halves', version: 1 });
    expect((await readTrainedWeights(database, trained)).length).toBeGreaterThan(0);
    expect((await listVersions(database, 'halves'))[0]).toMatchObject({
      run_id: null,
      metrics: { 'test/accuracy': 0.625 },
    });
  });

  it('gives every version a number of its own, in two tabs at once and after deletion', async () => {
    const [here, there] = await tabs(2);
    const runs = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => finished(here, seed)));
    const made = await Promise.all(
      runs.map(({ id }, i) => register(i % 2 === 0 ? here : there, { run_id: id }, as('halves', 'newest'))),
    );
    expect(made.map(({ version }) => version).sort()).toEqual(['1', '2', '3', '4', '5', '6']);
    // The same model again is no new version; only what is said of it now changes.
    const again = { ...as('halves', 'again'), description: 'Once more' };
    expect(await register(there, { run_id: runs[0].id }, again)).toMatchObject({
      version: made[0].version,
      description: 'Once more',
      tags: { small: 'true' },
    });

    await remove(here, 'halves', '6');
    const sixth = runs[made.findIndex(({ version }) => version === '6')];
    expect((await register(here, { run_id: sixth.id }, as('halves'))).version).toBe('7');
    await collectGarbage(here, 0);
    await remove(here, 'halves', '7');
    await collectGarbage(here, 0);
    expect((await register(here, { run_id: sixth.id }, as('halves'))).version).toBe('8');
    await expect(restore(here, 'halves', '7')).rejects.toMatchObject({ kind: 'not_found' });
  });

  it('comes back as it was when a deletion is undone', async () => {
    const [database] = await tabs();
    for (const seed of [1, 2, 3]) {
      await register(database, { run_id: (await finished(database, seed)).id }, as('halves', `a${seed}`));
    }
    const before = await listVersions(database, 'halves');
    await remove(database, 'halves', '2');
    expect((await listModels(database))[0]).toMatchObject({ aliases: { a1: '1', a3: '3' }, latest: '3' });
    await expect(findVersion(database, 'halves', '@a2')).rejects.toThrow('It has @a1, @a3.');
    await expect(setAlias(database, 'halves', 'x', '2')).rejects.toMatchObject({ kind: 'not_found' });
    await remove(database, 'halves', null);
    expect(await listModels(database)).toEqual([]);
    await expect(listVersions(database, 'halves')).rejects.toThrow('There is no registered model halves');
    // One of the same name comes meanwhile: it goes on counting.
    const late = await register(database, { run_id: (await finished(database, 4)).id }, as('halves'));
    expect(late.version).toBe('4');
    expect(await listVersions(database, 'halves')).toHaveLength(1);
    await restore(database, 'halves', null);
    expect((await listVersions(database, 'halves')).map(({ version }) => version)).toEqual(['4', '3', '1']);
    await restore(database, 'halves', '2');
    expect((await listVersions(database, 'halves')).slice(1)).toEqual(before);
  });

  it('is described, and so are its versions', async () => {
    const [database] = await tabs();
    await register(database, { run_id: (await finished(database)).id }, as('halves'));
    await write(database, 'halves', null, { description: 'Two halves', tags: { team: 'vision' } });
    await write(database, 'halves', '1', { tags: { checked: 'yes', small: null } });
    expect((await listModels(database))[0]).toMatchObject({ description: 'Two halves', tags: { team: 'vision' } });
    expect((await listVersions(database, 'halves'))[0]).toMatchObject({
      description: 'Splits halves.',
      tags: { checked: 'yes' },
    });
  });

  it('refuses names that MLflow would refuse, and runs that have not ended', async () => {
    const [database] = await tabs();
    const { id } = await finished(database);
    await expect(register(database, { run_id: id }, as('team/halves'))).rejects.toThrow('has a / or a : in it');
    await expect(register(database, { run_id: id }, as('halves', 'v1'))).rejects.toThrow('The alias v1 is kept');
    await updateRun(database, id, { status: 'paused' });
    await expect(register(database, { run_id: id }, as('halves'))).rejects.toThrow('once it has ended');
    expect(await listModels(database)).toEqual([]);
  });
});

describe('a run whose config names a registered model of this browser', () => {
  const wanted = { tracking_uri: 'local', model_name: 'halves', alias: 'champion' };

  it('is registered once, whoever asks, and not again when its version was deleted', async () => {
    const [here, there] = await tabs(2);
    const run = await finished(here, 1, wanted);
    const made = await Promise.all([here, there, here, there].map((tab) => registerFinished(tab, run.id)));
    expect(made.filter((version) => version !== null)).toMatchObject([{ version: '1', aliases: ['champion'] }]);
    await remove(here, 'halves', '1');
    await collectGarbage(here, 0);
    expect(await registerFinished(there, run.id)).toBeNull();
    expect(await listVersions(here, 'halves')).toEqual([]);
  });

  it('leaves an alias where it was moved to since', async () => {
    const [database] = await tabs();
    const [one, two] = [await finished(database, 1, wanted), await finished(database, 2)];
    await registerFinished(database, one.id);
    await register(database, { run_id: two.id }, as('halves', 'champion'));
    await registerFinished(database, one.id);
    expect((await findVersion(database, 'halves', '@champion')).version).toBe(2);
  });

  it.each([
    ['is a trial', { trial: 3, study_id: 's' }],
    ['follows another browser', { group: { room: 'r', role: 'guest' as const } }],
    ['diverged', { status: 'diverged' as const }],
    ['still trains', { status: 'running' as const }],
    ['was deleted', { deleted_at: 1 }],
  ])('is not registered where it %s', async (_, change) => {
    const [database] = await tabs();
    const run = await finished(database, 1, wanted);
    await database.put('runs', { ...run, ...change });
    expect(await registerFinished(database, run.id)).toBeNull();
    expect(await listModels(database)).toEqual([]);
  });

  it('needs a name to be registered under', async () => {
    const [database] = await tabs();
    const run = await finished(database, 1, { tracking_uri: 'local' });
    expect(await registerFinished(database, run.id)).toBeNull();
  });
});
