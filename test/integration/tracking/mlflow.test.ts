import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../../../src/store/study';
import { DeliveryError, type Http } from '../../../src/tracking/http/http';
import type { RemoteRun, RunFile, TrackedRun } from '../../../src/tracking/tracker';
import { MlflowClient } from '../../../src/tracking/trackers/mlflow/client';
import { downloadBundle, findVersion, listModels, listVersions } from '../../../src/tracking/trackers/mlflow/registry';
import {
  describe as describeVersion,
  registerVersion,
  removeAlias,
  setAlias,
} from '../../../src/tracking/trackers/mlflow/registry-changes';
import { mlflow, type MlflowOptions } from '../../../src/tracking/trackers/mlflow/tracker';
import { plainHttp } from '../../unit/tracking/trackers/mlflow/plain-http';
import { batch, runFile, series, trackedRun } from '../../unit/tracking/trackers/mlflow/tracked-run';
import { describePython } from '../python';
import { loadMlflowTable, MlflowReader, openMlflowModel, type ReadRun } from './read-mlflow';
import { startMlflow } from './servers/mlflow';
import type { PythonServer } from './servers/python-server';

const ENDED = 1_700_000_900_000;

describePython('MLflow', () => {
  let server: PythonServer;
  let reader: MlflowReader;
  const http = plainHttp();

  beforeAll(async () => {
    reader = new MlflowReader();
    server = await startMlflow();
  }, 150_000);
  afterAll(async () => {
    await reader.close();
    await server.stop();
  });

  const options = (change: Partial<MlflowOptions> = {}): MlflowOptions => ({
    url: server.url,
    experiment: null,
    model_name: null,
    alias: null,
    ...change,
  });
  const open = (run: TrackedRun, state: Json = null, change: Partial<MlflowOptions> = {}, over = http) =>
    mlflow.connect(options(change), over).open(run, state);
  const read = async (id: string): Promise<ReadRun> => {
    const runs = await reader.runs(server.url, id);
    expect(runs).toHaveLength(1);
    return runs[0];
  };

  it('says what answers', async () => {
    expect(await mlflow.connect(options(), http).check()).toBe(`MLflow 3.18.0 answers at ${server.url}.`);
  });

  it(
    'gets every point once though it is killed twice and acknowledgements are lost',
    { timeout: 240_000 },
    async () => {
      const steps = 300;
      const names = Array.from({ length: 20 }, (_, i) => (i === 19 ? 'system/cpu_percent' : `metric ${i}`));
      const valueOf = (metric: number, step: number): number =>
        step === 7 ? NaN : step === 8 ? Infinity : step === 9 ? -Infinity : Math.sin(metric + step);
      const params = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`section.key_${i}`, i / 7]));
      const run = trackedRun({ id: 'manyruns', params });

      let asked = 0;
      const losing: Http = {
        credential: () => null,
        async request(request) {
          const response = await http.request(request);
          asked += 1;
          // It arrived; nobody here learns of it.
          if (asked % 3 === 0) throw new DeliveryError('timeout', 'No answer.');
          return response;
        },
      };
      let remote: RemoteRun | null = null;
      let state: Json = null;
      let failures = 0;
      const persist = async (work: (remote: RemoteRun, again: boolean) => Promise<unknown>): Promise<void> => {
        for (let again = false; ; again = true) {
          try {
            remote ??= await open(run, state, {}, losing);
            state = remote.state;
            await work(remote, again);
            return;
          } catch (error) {
            if (!(error instanceof DeliveryError) || !['timeout', 'unreachable'].includes(error.code)) throw error;
            failures += 1;
            // What happens on a reload, with or without what was remembered.
            if (failures % 2 === 0) remote = null;
            if (failures % 5 === 0) state = null;
          }
        }
      };

      const each = 50;
      for (let from = 0; from < steps; from += each) {
        if (from === 100) {
          await server.kill();
          await expect(open(run, state)).rejects.toMatchObject({ code: 'unreachable' });
          await server.restart();
        }
        if (from === 200) {
          // In the middle of a batch.
          const sending = persist((one) => one.send(batch(-1, pointsFrom(from)), true));
          const restarted = server.kill().then(() => server.restart());
          await Promise.all([sending, restarted]);
        }
        await persist((one, again) => one.send(batch(from / each, pointsFrom(from)), again || from === 200));
      }
      await persist((one) => one.update({ ...run, status: 'finished', ended: ENDED }, []));

      function pointsFrom(from: number) {
        return names.map((name, metric) =>
          series(
            name,
            Array.from({ length: each }, (_, i) => valueOf(metric, from + i)),
            from,
          ),
        );
      }
      const there = await read(run.id);
      expect(failures).toBeGreaterThan(3);
      expect(Object.keys(there.metrics).sort()).toEqual([...names].sort());
      for (const [metric, name] of names.entries()) {
        const expected = Array.from({ length: steps }, (_, step) => {
          const value = valueOf(metric, step);
          // As MLflow keeps infinities.
          const kept = Math.abs(value) === Infinity ? Math.sign(value) * Number.MAX_VALUE : value;
          return [step, kept, 1_700_000_000_000 + step * 1000];
        });
        expect(there.metrics[name]).toEqual(expected);
      }
      expect(there.params).toEqual(
        Object.fromEntries(Object.entries(params).map(([key, value]) => [key, String(value)])),
      );
      expect(there).toMatchObject({ status: 'FINISHED', start_time: run.started, end_time: ENDED });
    },
  );

  it(
    'gets what a run is: name, notes, tags, params of any length, pictures and files',
    { timeout: 60_000 },
    async () => {
      const long = 'x'.repeat(7000);
      const run = trackedRun({
        id: 'aboutrun',
        name: 'Größe & Co',
        notes: 'Of **digits**.',
        author: 'Ada',
        tags: ['baseline', 'lathe.odd', 'größe'],
        params: { a: long, 'b/é': '', c: null, d: true, 'e..f': 1e-7 },
        summary: { loss: 1, 'best/val_loss': 0.25, 'test/accuracy': NaN },
      });
      const remote = await open(run);
      const png = new Blob([new Uint8Array([137, 80, 78, 71])]);
      await remote.send(
        batch(0, [series('loss', [3, 2, 1]), series('recall/größe', [0.5])], {
          media: [
            { kind: 'image' as const, blob: png, width: 1, height: 1, caption: 'a five' },
            { kind: 'table' as const, columns: ['a', 'b'], rows: [[1, 'x']] },
            { kind: 'text' as const, text: '# Hello' },
          ].map((content, i) => ({ run_id: run.id, name: `seen/${i}`, step: 2, time: 5, content })),
        }),
        false,
      );
      const plot = runFile('plots/loss.svg', '<svg/>');
      await remote.upload(plot);
      await remote.upload(runFile('odd %2e#name?.txt', 'odd'));
      await remote.update(run, []);
      await remote.update(
        { ...run, tags: ['baseline'], notes: '', status: 'diverged', reason: 'NaN', ended: ENDED },
        [],
      );

      const there = await read(run.id);
      expect(there).toMatchObject({ experiment: 'digits', name: 'Größe & Co', status: 'FAILED', end_time: ENDED });
      expect(there.tags).toMatchObject({
        'mlflow.user': 'Ada',
        'mlflow.note.content': '',
        'lathe.dataset_hash': 'abc',
        'lathe.adapter': 'nvidia',
        'lathe.version': '0.1.0',
        'lathe.date': '2023-11-14T22:13:20.000Z',
        'lathe.reason': 'NaN',
        baseline: 'true',
      });
      expect(Object.keys(there.tags).filter((key) => /odd|gr/.test(key))).toEqual([]);
      expect(there.params).toEqual({
        a: `${long.slice(0, 5999)}…`,
        'b/-ue9-': '',
        c: 'null',
        d: 'true',
        'e..f': '1e-7',
      });
      expect(Object.keys(there.metrics).sort()).toEqual([
        'best/val_loss',
        'loss',
        'recall/gr-uf6--udf-e',
        'test/accuracy',
      ]);
      expect(there.metrics['best/val_loss'].map(([step, value]) => [step, value])).toEqual([[2, 0.25]]);
      expect(there.metrics['test/accuracy']).toHaveLength(1);
      expect(there.files).toEqual({
        'media/seen/0/2.png': 4,
        'media/seen/0/2.caption.txt': 6,
        'media/seen/1/2.json': 38,
        'media/seen/2/2.md': 7,
        'plots/loss.svg': 6,
        'odd -u25-2e-u23-name-u3f-.txt': 3,
      });
      expect(await loadMlflowTable({ uri: server.url, run: there.id, path: 'media/seen/1/2.json' })).toEqual({
        a: [1],
        b: ['x'],
      });
      expect((await fetch(remote.url?.replace('/#/', '/') ?? '')).status).toBeLessThan(500);
    },
  );

  it(
    'shows trials under their study and peers under their group, whoever comes first',
    { timeout: 60_000 },
    async () => {
      const study = { id: 'thestudy', name: 'search', trial: null };
      const trial = trackedRun({ id: 'trial007', group: { ...study, role: 'trial', trial: 7 } });
      await open(trial);
      const whole = trackedRun({ id: 'thestudy', noun: 'study', name: 'Search', group: { ...study, role: 'study' } });
      const remote = await open(whole);
      await remote.send(batch(0, [series('val_loss', [0.5, 0.25])]), false);
      await remote.update({ ...whole, status: 'finished', ended: ENDED }, []);
      const parent = await read('thestudy');
      expect(parent).toMatchObject({ name: 'Search', status: 'FINISHED' });
      expect(parent.tags).toMatchObject({ 'lathe.noun': 'study' });
      expect((await read('trial007')).tags).toMatchObject({ 'mlflow.parentRunId': parent.id, 'lathe.trial': '7' });

      const peers = { id: 'thegroup', name: 'together', role: 'peer' as const, trial: null };
      const runs = ['peer0001', 'peer0002'].map((id) => trackedRun({ id, group: peers }));
      const remotes = await Promise.all(runs.map((run) => open(run)));
      await Promise.all(remotes.map((one, i) => one.update({ ...runs[i], status: 'finished', ended: ENDED }, [])));
      const group = await read('thegroup');
      expect(group.status).toBe('FINISHED');
      for (const { id } of runs) expect((await read(id)).tags).toMatchObject({ 'mlflow.parentRunId': group.id });
    },
  );

  it('runs again a run that had ended', { timeout: 60_000 }, async () => {
    const run = trackedRun({ id: 'goesonon' });
    const remote = await open(run);
    await remote.update({ ...run, status: 'stopped', ended: ENDED }, []);
    expect(await read(run.id)).toMatchObject({ status: 'KILLED', end_time: ENDED });
    await open(run, remote.state);
    const there = await read(run.id);
    expect(there.status).toBe('RUNNING');
    expect(there.end_time ?? 0).toBe(0);
  });

  it('keeps the model, as a version that MLflow opens by its alias and so do we', { timeout: 120_000 }, async () => {
    const bundle = new Uint8Array(3_000_000).map((_, i) => (i * 31) % 251);
    const modelFiles = [
      runFile('model/bundle.zip', bundle, true),
      runFile('model/model.onnx', 'onnx', true),
      runFile('config.yaml', 'version: 1'),
    ];
    const as = { model_name: "dig'its", alias: 'champion' };
    const send = async (id: string, files: RunFile[]): Promise<string> => {
      const run = trackedRun({ id, notes: 'The **best**.', summary: { 'best/val_loss': 0.5 } });
      const remote = await open(run, null, as);
      await remote.send(batch(0, [series('loss', [0.5])]), false);
      for (const one of files) await remote.upload(one);
      const end: TrackedRun = { ...run, status: 'finished', ended: ENDED };
      await remote.update(end, files);
      // Told twice, once without what was remembered: still one version.
      await remote.update({ ...end, notes: 'Edited.' }, files);
      await (await open(end, null, as)).update(end, files);
      return (await read(id)).id;
    };
    const first = await send('modelone', modelFiles);
    const second = await send('modeltwo', modelFiles);
    // The older one's facts change: the alias stays where it went.
    const old = trackedRun({ id: 'modelone', status: 'finished', ended: ENDED });
    await (await open(old, null, as)).update(old, modelFiles);

    const opened = await openMlflowModel({ uri: server.url, model: "dig'its", alias: 'champion', run: second });
    expect(opened).toMatchObject({
      version: '2',
      aliases: ['champion'],
      description: 'The **best**.',
      run_id: second,
      model_run_id: second,
      same: true,
      created: '2023-11-14 22:28:20.000000',
      bundle_sha256: createHash('sha256').update(bundle).digest('hex'),
      flavors: { lathe: { bundle: 'bundle.zip' }, onnx: { data: 'model.onnx' } },
    });
    expect(opened.tags).toMatchObject({ 'lathe.run_id': 'modeltwo', 'lathe.dataset': 'digits' });

    const client = new MlflowClient(server.url, http);
    expect(await listModels(client)).toMatchObject([{ name: "dig'its", latest: '2', aliases: { champion: '2' } }]);
    const versions = await listVersions(client, "dig'its");
    expect(versions).toMatchObject([
      { version: '2', aliases: ['champion'], run_id: second, opens: true, metrics: { 'best/val_loss': 0.5 } },
      { version: '1', aliases: [], run_id: first, params: { 'training.epochs': '3' } },
    ]);
    const found = await findVersion(client, "dig'its", '@champion');
    expect(found.version).toBe('2');
    const file = await downloadBundle(client, found);
    expect(Buffer.from(await file.arrayBuffer()).equals(Buffer.from(bundle))).toBe(true);
    await expect(findVersion(client, "dig'its", '@nobody')).rejects.toThrow('has no alias nobody. It has @champion.');
    await expect(findVersion(client, "dig'its", '9')).rejects.toThrow('has no version 9. Its newest is 2.');
    await expect(findVersion(client, 'none', '1')).rejects.toThrow('There is no registered model none');

    const { artifacts } = JSON.parse(JSON.stringify((await open(old, null)).state)) as { artifacts: string };
    const again = { model: 'other', alias: null, run_id: first, artifacts, description: '', tags: {}, group: null };
    expect(await registerVersion(client, again)).toMatchObject({ name: 'other', version: '1', run_id: first });

    // What people change of it.
    await setAlias(client, "dig'its", 'champion', '1');
    await setAlias(client, "dig'its", 'old', '1');
    await removeAlias(client, "dig'its", 'old');
    await removeAlias(client, "dig'its", 'never');
    await describeVersion(client, "dig'its", null, { description: 'Reads digits.', tags: { team: 'vision' } });
    await describeVersion(client, "dig'its", '1', { description: 'The first.', tags: { checked: 'yes', größe: '3' } });
    await describeVersion(client, "dig'its", '1', { tags: { checked: null } });
    expect(await openMlflowModel({ uri: server.url, model: "dig'its", alias: 'champion', run: first })).toMatchObject({
      version: '1',
      aliases: ['champion'],
      description: 'The first.',
    });
    expect(await listModels(client)).toMatchObject([
      { name: "dig'its", description: 'Reads digits.', tags: { team: 'vision' }, aliases: { champion: '1' } },
      { name: 'other' },
    ]);
    const changed = await findVersion(client, "dig'its", '1');
    expect(changed.tags).toMatchObject({ 'gr-uf6--udf-e': '3', 'lathe.run_id': 'modelone' });
    expect(changed.tags).not.toHaveProperty('checked');
    expect(changed.dataset?.name).toBe('digits');
    expect((await findVersion(client, "dig'its", 'latest')).version).toBe('2');
    await expect(setAlias(client, "dig'its", 'champion', '9')).rejects.toThrow(DeliveryError);
  });

  it('says what is wrong with what was deleted there', { timeout: 60_000 }, async () => {
    const client = new MlflowClient(server.url, http);
    const run = trackedRun({ id: 'goneawar' });
    const remote = await open(run, null, { experiment: 'doomed' });
    const there = await read(run.id);
    await client.deleteRun(there.id);
    await expect(remote.send(batch(0, [series('loss', [1])]), false)).rejects.toThrow('It was deleted there');
    await expect(open(run, remote.state)).rejects.toThrow('The run was deleted in MLflow');
    // Sent anew, as after the delivery was removed.
    expect((await open(run, null, { experiment: 'doomed' })).url).not.toBe(remote.url);

    const { experiment } = JSON.parse(JSON.stringify(remote.state)) as { experiment: string };
    await http.request({
      method: 'POST',
      url: `${server.url}/api/2.0/mlflow/experiments/delete`,
      body: { experiment_id: experiment },
    });
    await expect(open(run, null, { experiment: 'doomed' })).rejects.toThrow(
      `mlflow experiments restore --experiment-id ${experiment}`,
    );
    const unknown: Json = { experiment, run: 'f'.repeat(32), artifacts: 'mlflow-artifacts:/x', version: null };
    await expect(open(run, unknown)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('says how it lets a page in, and how it takes files', { timeout: 60_000 }, async () => {
    const from = (headers: Record<string, string>) => mlflow.connect(options(), plainHttp(headers)).check();
    await expect(from({ Origin: 'https://lathe.example' })).rejects.toMatchObject({
      code: 'cors',
      message: expect.stringContaining('mlflow server --cors-allowed-origins'),
    });
    expect(await from({ Origin: 'http://localhost:4173' })).toContain('3.18.0');

    await http.request({
      method: 'POST',
      url: `${server.url}/api/2.0/mlflow/experiments/create`,
      body: { name: 'elsewhere', artifact_location: 's3://bucket/files' },
    });
    const remote = await open(trackedRun({ id: 'nofilesh' }), null, { experiment: 'elsewhere' });
    await expect(remote.upload(runFile('a.txt', 'a'))).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('mlflow server --serve-artifacts'),
    });
  });
});
