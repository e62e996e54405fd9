import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../../../../src/config/parse';
import type { Json } from '../../../../../src/store/study';
import { DeliveryError, type Http } from '../../../../../src/tracking/http/http';
import type { RemoteRun, TrackedRun } from '../../../../../src/tracking/tracker';
import { mlflow, type MlflowOptions } from '../../../../../src/tracking/trackers/mlflow/tracker';
import { FakeMlflow } from './fake-mlflow';
import { batch, runFile, series, trackedRun } from './tracked-run';

const options = (change: Partial<MlflowOptions> = {}): MlflowOptions => ({
  url: 'http://mlflow.test:5000',
  experiment: null,
  model_name: null,
  alias: null,
  ...change,
});

describe('the settings of MLflow', () => {
  const fromConfig = (mlflowRegistry: object, logging: object = {}) =>
    mlflow.fromConfig(parseConfig({ registry: { mlflow: mlflowRegistry }, logging: { mlflow: logging } }));

  it('are on where an address is set, and only there', () => {
    expect(fromConfig({})).toBeNull();
    expect(fromConfig({ tracking_uri: 'local' })).toBeNull();
    expect(fromConfig({ tracking_uri: 'http://a:5000' }, { enabled: false })).toBeNull();
    expect(
      fromConfig({ tracking_uri: 'http://a:5000/', model_name: 'm', alias: 'champion' }, { experiment: 'e' }),
    ).toEqual({ url: 'http://a:5000', experiment: 'e', model_name: 'm', alias: 'champion' });
  });

  it('are checked, with empty fields as none', () => {
    const check = (change: object) => v.safeParse(mlflow.schema, { url: 'http://a:5000', ...change });
    expect(check({ url: ' https://a/path/#/experiments/1 ', experiment: ' ', model_name: '' })).toMatchObject({
      success: true,
      output: { url: 'https://a/path', experiment: null, model_name: null, alias: null },
    });
    for (const wrong of [
      { url: 'sqlite:///a.db' },
      { url: 'nonsense' },
      { url: 'http://me:secret@a' },
      { alias: 'champion' },
      { model_name: 'm', alias: 'v3' },
      { model_name: 'm', alias: 'Latest' },
      { model_name: 'a/b' },
    ]) {
      expect(check(wrong).success).toBe(false);
    }
  });
});

/** A whole run with everything in it, each call tried until it comes back, as the outbox does. */
async function deliver(http: FakeMlflow, reload: 'never' | 'with state' | 'without state', points = 1): Promise<void> {
  const given = options({ model_name: 'digits', alias: 'champion' });
  const run = trackedRun({
    group: { id: 'study000', name: 'search', role: 'peer', trial: null },
    params: Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`p${i}`, i])),
    tags: ['one', 'two'],
  });
  const ended: TrackedRun = {
    ...run,
    status: 'finished',
    ended: run.started + 5000,
    tags: ['two'],
    summary: { loss: 0.1, 'best/loss': 0.1, 'test/accuracy': NaN },
  };
  let remote: RemoteRun | null = null;
  let state: Json = null;
  const tried = async (call: (remote: RemoteRun, again: boolean) => Promise<unknown>): Promise<void> => {
    for (let again = false; ; again = true) {
      try {
        remote ??= await mlflow.connect(given, http).open(run, state);
        state = remote.state;
        await call(remote, again);
        state = remote.state;
        return;
      } catch (error) {
        if (!(error instanceof DeliveryError) || !['timeout', 'unreachable'].includes(error.code)) throw error;
        if (reload !== 'never') remote = null;
        if (reload === 'without state') state = null;
      }
    }
  };
  const model = runFile('model/bundle.zip', 'bundle', true);
  const few = (from: number) => [series('loss', [3, NaN, Infinity], from), series('größe', [5], from + 2)];
  const text = { kind: 'text' as const, text: 'Hi.' };
  for (const [number, from] of [0, 3].entries()) {
    const media = [{ run_id: run.id, name: 'note', step: from, time: 0, content: text }];
    await tried((one, again) => one.send(batch(number, few(from), { media }), again));
  }
  const many = series(
    'many',
    Array.from({ length: points }, (_, i) => Math.sin(i)),
  );
  await tried((one, again) => one.send(batch(2, [many]), again));
  await tried((one) => one.upload(model));
  await tried((one) => one.update(run, []));
  await tried((one) => one.update(ended, [model]));
}

/** What is the same however it got there. */
function contentOf(http: FakeMlflow): unknown {
  const runs = http.runs.filter(({ deleted }) => !deleted);
  return {
    runs: runs
      .map(({ name, status, start, end, metrics, params, tags }) => ({
        ...{ name, status, start, end, params },
        metrics: metrics.map(({ key, step }) => `${key} ${step}`).sort(),
        tags: Object.keys(tags).sort(),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    experiments: http.experiments,
    files: [...http.files.keys()].map((path) => path.replace(/run\d+/, 'run')).sort(),
    models: [...http.models].map(([name, { aliases, versions }]) => ({ name, aliases, versions: versions.length })),
  };
}

describe('a run on its way to MLflow', () => {
  it('is the same whichever answer is lost, with and without what was remembered', { timeout: 20_000 }, async () => {
    for (const [fault, reload, points] of [
      ['answer lost', 'never', 1],
      // More than one request takes.
      ['answer lost', 'with state', 1001],
      ['answer lost', 'without state', 1],
      ['lost', 'with state', 1],
    ] as const) {
      const whole = new FakeMlflow();
      await deliver(whole, 'never', points);
      expect(contentOf(whole)).toMatchObject({
        runs: [{ name: 'digits-1', status: 'FINISHED' }, { name: 'search' }],
        models: [{ name: 'digits', aliases: { champion: '1' }, versions: 1 }],
      });
      const [run] = whole.of('k3v9x0ab');
      expect(run.metrics).toHaveLength(2 * 4 + points + 2);
      expect(Object.keys(run.params)).toHaveLength(250);
      for (let at = 0; at < whole.asked.length; at++) {
        const http = new FakeMlflow();
        http.fault = (index) => (index === at ? fault : null);
        await deliver(http, reload, points);
        expect([at, contentOf(http)]).toEqual([at, contentOf(whole)]);
      }
    }
  });

  it('halves params and tags that a server finds too many, and leaves batches of points to who makes them', async () => {
    const http = new FakeMlflow();
    http.most = 3;
    const run = trackedRun({ params: Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`p${i}`, i])) });
    const remote = await mlflow.connect(options(), http).open(run, null);
    expect(Object.keys(http.of(run.id)[0].params)).toHaveLength(250);
    const points = batch(0, [series('loss', [1, 2, 3, 4])]);
    await expect(remote.send(points, false)).rejects.toMatchObject({ code: 'too_large' });
    expect(http.of(run.id)[0].metrics).toEqual([]);
  });

  it('sends again only what is later, and what has another value at the same time', async () => {
    const http = new FakeMlflow();
    const remote = await mlflow.connect(options(), http).open(trackedRun(), null);
    await remote.send(batch(0, [series('loss', [1, NaN]), series('acc', [1])]), false);
    const same = { ...series('acc', [1, 2]), times: Float64Array.of(1_700_000_000_000, 1_700_000_000_000) };
    same.steps.fill(0);
    await remote.send(batch(0, [series('loss', [1, NaN, Infinity]), same, series('new', [5])]), true);
    const seen = http.of('k3v9x0ab')[0].metrics.map(({ key, step, value }) => [key, step, value]);
    expect(seen.slice(3).sort()).toEqual([
      ['acc', 0, 2],
      ['loss', 2, 'Infinity'],
      ['new', 0, 5],
    ]);
  });

  it('joins the run that its trials had made for a study, and the older of two', async () => {
    const http = new FakeMlflow();
    const group = { id: 'study000', name: 'search', trial: null };
    const connection = mlflow.connect(options(), http);
    // Two machines create it at once: neither sees the other's when it looks first.
    const trials = [0, 1].map((trial) =>
      trackedRun({ id: `trial00${trial}`, group: { ...group, role: 'trial', trial } }),
    );
    await Promise.all(trials.map((trial) => connection.open(trial, null)));
    await connection.open(trackedRun({ id: 'study000', noun: 'study', group: { ...group, role: 'study' } }), null);
    expect(http.of('study000')).toHaveLength(1);
    const parents = trials.map(({ id }) => http.of(id)[0].tags['mlflow.parentRunId']);
    expect(parents).toEqual([http.of('study000')[0].id, http.of('study000')[0].id]);
  });

  it('leaves one parent where a second one is created after the first was found alone', async () => {
    const http = new FakeMlflow();
    const group = { id: 'group000', name: 'together', role: 'peer' as const, trial: null };
    const [early, late] = [2000, 1000].map((started, i) => trackedRun({ id: `peer000${i}`, started, group }));
    // The late one has looked and found none; what it creates, with an earlier start, comes after the other has looked again.
    let go = (): void => undefined;
    const earlyIsThere = new Promise<void>((resolve) => (go = resolve));
    const slow: Http = {
      credential: () => null,
      request: async (request) => {
        const creates = request.url.endsWith('runs/create') && JSON.stringify(request.body).includes('group000');
        if (creates) await earlyIsThere;
        return http.request(request);
      },
    };
    const second = mlflow.connect(options(), slow).open(late, null);
    await vi.waitFor(() => expect(http.asked.filter((one) => one.endsWith('runs/search'))).toHaveLength(2));
    const first = await mlflow.connect(options(), http).open(early, null);
    go();
    await (await second).update({ ...late, status: 'finished', ended: 3000 }, []);
    await first.update({ ...early, status: 'finished', ended: 3000 }, []);
    const [parent, ...others] = http.of('group000');
    expect(others).toEqual([]);
    expect(parent.status).toBe('FINISHED');
    for (const { id } of [early, late]) expect(http.of(id)[0].tags['mlflow.parentRunId']).toBe(parent.id);
  });

  it('deletes no run that a delivery has made its own', async () => {
    const http = new FakeMlflow();
    const group = { id: 'study000', name: 'search', trial: null };
    const connection = mlflow.connect(options(), http);
    const whole = trackedRun({ id: 'study000', noun: 'study', group: { ...group, role: 'study' } });
    await connection.open(trackedRun({ id: 'trial000', group: { ...group, role: 'trial', trial: 0 } }), null);
    await connection.open(whole, null);
    const [own] = http.of('study000');
    // A stand-in of an earlier start, made by a machine that had looked before.
    http.runs.push({ ...own, id: 'another', start: 1, tags: { ...own.tags, 'lathe.stand_in': 'true' } });
    await connection.open(trackedRun({ id: 'trial001', group: { ...group, role: 'trial', trial: 1 } }), null);
    expect(http.of('study000').map(({ id }) => id)).toEqual([own.id]);
    expect(http.of('trial001')[0].tags['mlflow.parentRunId']).toBe(own.id);
  });

  it('registers no trial, and no run that failed', async () => {
    const http = new FakeMlflow();
    const given = options({ model_name: 'digits' });
    const model = runFile('model/bundle.zip', 'bundle', true);
    const group = { id: 'study000', name: 'search', role: 'trial' as const, trial: 1 };
    for (const run of [
      trackedRun({ id: 'trial001', status: 'finished', ended: 1, group }),
      trackedRun({ id: 'failed01', status: 'failed', ended: 1 }),
    ]) {
      await (await mlflow.connect(given, http).open(run, null)).update(run, [model]);
    }
    expect(http.models.size).toBe(0);
    expect([...http.files.keys()].filter((path) => path.endsWith('model/MLmodel'))).toHaveLength(2);
  });

  it('lets peers of one group register their model once', async () => {
    const http = new FakeMlflow();
    const group = { id: 'group000', name: 'together', role: 'peer' as const, trial: null };
    for (const id of ['peer0001', 'peer0002']) {
      const run = trackedRun({ id, status: 'finished', ended: 1, group });
      const remote = await mlflow.connect(options({ model_name: 'digits' }), http).open(run, null);
      await remote.update(run, [runFile('model/bundle.zip', 'bundle', true)]);
    }
    expect(http.models.get('digits')?.versions).toHaveLength(1);
  });
});
