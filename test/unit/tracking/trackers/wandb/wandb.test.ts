import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../../src/config/parse';
import type { Json } from '../../../../../src/store/study';
import { DeliveryError } from '../../../../../src/tracking/http/http';
import type { Batch, Connection, RemoteRun, RunFile, TrackedRun } from '../../../../../src/tracking/tracker';
import { manifestDigest } from '../../../../../src/tracking/trackers/wandb/artifact';
import { connectWandb, wandb } from '../../../../../src/tracking/trackers/wandb/wandb';
import { FaultProxy } from '../../../../helpers/tracking/fault-proxy';
import { atRandom, inOrder, tooMany } from '../../../../helpers/tracking/faults';
import { NodeHttp } from '../../../../helpers/tracking/node-http';
import { WANDB_KEY, WandbServer } from '../../../../helpers/tracking/wandb-server';

const START = Date.UTC(2026, 0, 2, 3, 4, 5);

const run: TrackedRun = {
  noun: 'run',
  id: 'abcdefgh',
  name: 'digits',
  started: START,
  ended: null,
  status: 'running',
  reason: null,
  config: parseConfig({}),
  params: { 'training.batch_size': 32 },
  tags: ['t'],
  notes: 'a note',
  author: null,
  facts: { dataset: 'mnist' },
  group: null,
  summary: {},
};

const ended: TrackedRun = { ...run, status: 'finished', ended: START + 60_000, summary: { 'best/loss': 0.25 } };

/** Steps 10 × number and the nine after it, a value of the machine and a line. */
function batch(number: number, media: Batch['media'] = []): Batch {
  const steps = Float64Array.from({ length: 10 }, (_, i) => 10 * number + i);
  const times = steps.map((step) => START + step * 1000);
  return {
    number,
    points: [
      { metric: 'loss', steps, values: steps.map((step) => 1 / (step + 1)), times },
      { metric: 'system/cpu_percent', steps: steps.slice(0, 1), values: Float64Array.of(50), times: times.slice(0, 1) },
    ],
    media,
    lines: [{ run_id: run.id, at: times[0], level: 'info', message: `batch ${number}` }],
  };
}

function file(path: string, text: string): RunFile {
  const blob = new Blob([text]);
  const key = `key of ${text}`;
  return { path, type: '', bytes: blob.size, key, model: path.startsWith('model/'), read: () => Promise.resolve(blob) };
}

let server: WandbServer;
let proxy: FaultProxy;

async function begin(options: Parameters<typeof WandbServer.start>[0]): Promise<void> {
  server = await WandbServer.start(options);
  proxy = await FaultProxy.before(server.url);
}

function connect(key = WANDB_KEY): Connection {
  const http = new NodeHttp({ [proxy.url]: { scheme: 'key', key } });
  return connectWandb({ url: proxy.url, entity: null, project: null }, http, 0);
}

/** Calls as the outbox does: after a failure with a new object, what was stored, and `again`. */
async function persist(
  state: { stored: Json },
  call: (remote: RemoteRun, again: boolean) => Promise<unknown>,
): Promise<void> {
  for (let again = false; ; again = true) {
    try {
      const remote = await connect().open(run, state.stored);
      state.stored = structuredClone(remote.state);
      await call(remote, again);
      state.stored = structuredClone(remote.state);
      return;
    } catch (error) {
      if (!(error instanceof DeliveryError) || !['unreachable', 'too_many', 'server'].includes(error.code)) throw error;
    }
  }
}

/** A whole run. */
async function deliver(): Promise<void> {
  const state = { stored: null as Json };
  const html = { run_id: run.id, name: 'words', step: 13, time: START, content: { kind: 'text', text: 'hi' } } as const;
  const files = [file('notes.txt', 'notes'), file('model/bundle.zip', 'bundle')];
  for (const one of [batch(0), batch(1, [html]), { ...batch(2), lines: [], points: batch(2).points.slice(1) }]) {
    await persist(state, (remote, again) => remote.send(one, again));
  }
  for (const one of files) await persist(state, (remote) => remote.upload(one));
  await persist(state, (remote) => remote.update(ended, files));
}

/** That a whole run is there, once. */
function expectWhole(): void {
  const rows = server.rows(run.id);
  expect(rows.map(({ _step }) => _step)).toEqual([...Array(20).keys()]);
  expect(rows.map(({ loss }) => loss)).toEqual(rows.map(({ _step }) => 1 / (Number(_step) + 1)));
  expect(rows[13].words).toMatchObject({ _type: 'html-file' });
  expect(server.rows(run.id, 'wandb-events.jsonl')).toHaveLength(3);
  const kept = server.run(run.id);
  expect(kept.lines['output.log'].map((line) => line.slice(-7))).toEqual(['batch 0', 'batch 1']);
  expect([kept.complete, kept.exitcode]).toEqual([true, 0]);
  expect([...kept.files.keys()].sort()).toEqual([expect.stringMatching(/^media\/html\/words_13_/), 'notes.txt']);
  expect(server.artifacts).toHaveLength(1);
  const [artifact] = server.artifacts;
  expect(artifact.state).toBe('COMMITTED');
  expect([...artifact.files].map(([path, bytes]) => [path, bytes.toString()])).toEqual([
    ['model/bundle.zip', 'bundle'],
  ]);
}

afterEach(async () => {
  await proxy.close();
  await server.close();
});

describe.each([true, false])('a server that numbers lines: %s', (numbered) => {
  beforeEach(() => begin({ numbered }));

  it('has a run whole', async () => {
    await deliver();
    expectWhole();
    const [summary] = server.rows(run.id, 'wandb-summary.json');
    expect(summary).toMatchObject({
      loss: 1 / 20,
      'best/loss': 0.25,
      status: 'finished',
      _step: 19,
      _wandb: { runtime: 60 },
    });
    expect(server.run(run.id).bucket).toMatchObject({
      displayName: 'digits',
      project: 'lathe',
      tags: ['t'],
      notes: 'a note',
    });
    expect(JSON.parse(String(server.run(run.id).bucket.config))).toMatchObject({
      training: { value: { batch_size: 32 } },
      lathe: { value: { id: run.id, dataset: 'mnist' } },
      _wandb: { value: { t: {} } },
    });
  });

  it('has it whole and once, whichever answer is lost on its way', async () => {
    await deliver();
    const requests = proxy.requests.length;
    expect(requests).toBeGreaterThan(12);
    for (let at = 0; at < requests; at++) {
      server.runs.clear();
      server.artifacts.length = 0;
      proxy.script = inOrder([...Array.from({ length: at }, () => null), 'cut after']);
      await deliver();
      expectWhole();
    }
  }, 30_000);

  it('has it whole and once under faults by chance', async () => {
    proxy.script = atRandom(1, { 'cut after': 0.1, 'cut before': 0.1, 'server error': 0.1, 'too many': 0.1 });
    await deliver();
    expect(proxy.requests.filter(({ fault }) => fault !== null).length).toBeGreaterThan(3);
    expectWhole();
  });

  it('has a batch of several requests once, though only the first of them arrived', async () => {
    const large = {
      ...batch(0),
      lines: ['a', 'b'].map((letter) => ({ ...batch(0).lines[0], message: letter.repeat(1_500_000) })),
    };
    const first = await connect().open(run, null);
    const stored = first.state;
    const streams = (): number => server.requests.filter((name) => name === 'file_stream').length;
    proxy.script = ({ path }) => (path.endsWith('file_stream') && streams() === 1 ? tooMany() : null);
    await expect(first.send(large, false)).rejects.toMatchObject({ code: 'too_many' });
    proxy.script = () => null;
    // What was refused is taken for certain not to have arrived.
    await (await connect().open(run, stored)).send(large, false);
    const kept = server.run(run.id).lines['output.log'];
    expect(kept.map((line) => line.at(-1))).toEqual(['a', 'b']);
    expect(server.rows(run.id)).toHaveLength(10);
    expect(server.rows(run.id, 'wandb-events.jsonl')).toHaveLength(1);
  });

  it('goes on where it was when nothing is known of the run here any more', async () => {
    await (await connect().open(run, null)).send(batch(0), false);
    await (await connect().open(run, null)).send(batch(1), false);
    expect(server.rows(run.id).map(({ _step }) => _step)).toEqual([...Array(20).keys()]);
    expect(server.rows(run.id, 'wandb-events.jsonl')).toHaveLength(2);
  });

  it('has a run once that is sent anew from its beginning', async () => {
    for (let time = 0; time < 2; time++) {
      const remote = await connect().open(run, null);
      for (const number of [0, 1, 2]) await remote.send(batch(number), false);
      await remote.send(batch(3 + time), false);
    }
    expect(
      server
        .rows(run.id)
        .map(({ _step }) => _step)
        .slice(0, 30),
    ).toEqual([...Array(30).keys()]);
    expect(server.run(run.id).lines['output.log']).toHaveLength(4);
  });
});

describe('a server', () => {
  beforeEach(() => begin({}));

  it('that asks for less is waited for as long as it says, and gets the same lines', async () => {
    const remote = await connect().open(run, null);
    proxy.script = inOrder([tooMany(2)]);
    await expect(remote.send(batch(0), false)).rejects.toMatchObject({ code: 'too_many', retryAfter: 2000 });
    await remote.send(batch(0), true);
    const streams = proxy.requests
      .filter(({ path }) => path.endsWith('file_stream'))
      .map(({ body }) => body.toString());
    expect(streams).toHaveLength(2);
    expect(streams[1]).toBe(streams[0]);
  });

  it('that was told to stop the run tells it', async () => {
    const remote = await connect().open(run, null);
    expect(await remote.send(batch(0), false)).toEqual({ stop: false });
    expect(await remote.beat?.()).toEqual({ stop: false });
    server.stopped = true;
    expect(await remote.beat?.()).toEqual({ stop: true });
    expect(await remote.send(batch(1), false)).toEqual({ stop: true });
  });

  it('has the page of a run', async () => {
    const remote = await connect().open(run, null);
    expect(remote.url).toBe(`${proxy.url}/team/lathe/runs/abcdefgh`);
  });

  it('gets files before the line that names them, without the key', async () => {
    const blob = new Blob(['png']);
    const image = { kind: 'image', blob, width: 1, height: 1, caption: '' } as const;
    const remote = await connect().open(run, null);
    await remote.send(batch(0, [{ run_id: run.id, name: 'a', step: 3, time: START, content: image }]), false);
    const order = server.requests.slice(-3);
    expect(order[0]).toBe('CreateRunFiles');
    expect(order[1]).toMatch(/^PUT .*media\/images\/a_3_/);
    expect(order[2]).toBe('file_stream');
    const put = proxy.requests.find(({ method }) => method === 'PUT');
    expect(put?.authorization).toBeNull();
    const { path } = server.rows(run.id)[3].a as { path: string };
    expect(server.run(run.id).files.get(path)?.toString()).toBe('png');
    expect(server.run(run.id).uploaded).toEqual([path]);
  });

  it('has the same model once, and one that changed as another version', async () => {
    const remote = await connect().open(run, null);
    const model = file('model/bundle.zip', 'one');
    await remote.update(ended, [model]);
    await remote.update(ended, [model]);
    await (await connect().open(run, null)).update(ended, [model]);
    expect(server.artifacts).toHaveLength(1);
    const { manifest, input } = server.artifacts[0];
    expect(input).toMatchObject({ artifactTypeName: 'model', artifactCollectionName: 'run-abcdefgh-model' });
    expect(input.aliases).toEqual([{ alias: 'latest', artifactCollectionName: 'run-abcdefgh-model' }]);
    // echo -n one | openssl md5 -binary | base64
    expect(JSON.parse(manifest ?? '')).toMatchObject({
      version: 1,
      contents: { 'model/bundle.zip': { digest: '+XxdKZQb+xsv2rCHSQargg==', size: 3, birthArtifactID: 'A0' } },
    });
    await remote.update(ended, [file('model/bundle.zip', 'two')]);
    expect(server.artifacts).toHaveLength(2);
  });

  it('knows a run that failed, and why', async () => {
    const remote = await connect().open(run, null);
    await remote.update({ ...ended, status: 'diverged', reason: 'The loss is not a number.' }, []);
    expect(server.run(run.id)).toMatchObject({ complete: true, exitcode: 1 });
    expect(server.rows(run.id, 'wandb-summary.json')[0]).toMatchObject({
      status: 'diverged',
      reason: 'The loss is not a number.',
    });
    await remote.update(run, []);
    expect(server.run(run.id).complete).toBe(false);
    expect(server.rows(run.id, 'wandb-summary.json')[0]).not.toHaveProperty('reason');
  });

  it('shows a study as a sweep with its space, and its trials as runs of it', async () => {
    const config = parseConfig({
      optimization: {
        hyperparameter_search: {
          enabled: true,
          search_space: {
            'training.optimizer.learning_rate': { type: 'float', low: 1e-5, high: 0.1, log: true },
            'training.batch_size': { type: 'int', low: 16, high: 64, step: 16 },
            'training.optimizer.name': { type: 'categorical', choices: ['sgd', 'adamw'] },
          },
        },
      },
    });
    const group = { id: 'studyid1', name: 'search', trial: null };
    const study: TrackedRun = {
      ...run,
      noun: 'study',
      id: 'studyid1',
      name: 'search',
      config,
      group: { ...group, role: 'study' },
    };
    const trial: TrackedRun = { ...run, id: 'trialid1', group: { ...group, role: 'trial', trial: 0 } };
    // The trial that comes first finds its sweep later.
    const early = await connect().open({ ...trial, id: 'trialid0' }, null);
    await early.update({ ...trial, id: 'trialid0' }, []);
    const parent = await connect().open(study, null);
    await parent.update(study, []);
    await (await connect().open(study, null)).update(study, []);
    expect(server.sweeps).toHaveLength(1);
    expect(server.sweeps[0].state).toBe('RUNNING');
    expect(JSON.parse(server.sweeps[0].config)).toMatchObject({
      method: 'custom',
      controller: { type: 'local' },
      metric: { name: 'val_loss', goal: 'minimize' },
      parameters: {
        training: {
          parameters: {
            batch_size: { distribution: 'q_uniform', min: 16, max: 64, q: 16 },
            optimizer: {
              parameters: {
                learning_rate: { distribution: 'log_uniform_values', min: 1e-5, max: 0.1 },
                name: { values: ['sgd', 'adamw'] },
              },
            },
          },
        },
      },
    });
    await (await connect().open(trial, null)).update(trial, []);
    await early.update({ ...trial, id: 'trialid0' }, []);
    for (const id of ['trialid0', 'trialid1']) {
      expect(server.run(id).bucket).toMatchObject({ sweep: 'sweep0', groupName: 'search studyid1', jobType: 'trial' });
    }
    await parent.update({ ...study, status: 'finished', ended: START + 1, summary: { 'best/val_loss': 0.5 } }, []);
    expect(server.sweeps[0].state).toBe('FINISHED');
    expect(server.rows('studyid1', 'wandb-summary.json')[0]).toMatchObject({ 'best/val_loss': 0.5 });
  });

  it.each([
    ['no key', null, /needs an API key.*\/authorize/],
    ['a key that is too short', 'short', /40 characters.*\/authorize/],
    ['another key', 'f'.repeat(40), /does not know this API key.*\/authorize/],
  ])('is told apart from one that refuses %s', async (_name, key, message) => {
    const http = new NodeHttp(key === null ? {} : { [proxy.url]: { scheme: 'key', key } });
    const connection = connectWandb({ url: proxy.url, entity: null, project: null }, http);
    const opening = connection.open(run, null);
    await expect(opening).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringMatching(message) as string,
    });
    const error: unknown = await connection.check().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DeliveryError);
    if (key !== null && key.length > 5) expect(JSON.stringify([error, String(error)])).not.toContain(key);
  });

  it('says who the key belongs to, and where runs go', async () => {
    expect(await connect().check()).toBe('W&B answers ada: runs go to team/lathe.');
  });

  it('that lets a page in but not its lines is told apart', async () => {
    const plain = new NodeHttp({ [proxy.url]: { scheme: 'key', key: WANDB_KEY } });
    const connection = connectWandb(
      { url: proxy.url, entity: 'e', project: 'p' },
      {
        credential: (origin) => plain.credential(origin),
        request: (request) =>
          request.url.endsWith('file_stream')
            ? Promise.reject(new DeliveryError('cors', 'No.'))
            : plain.request(request),
      },
    );
    await expect(connection.check()).rejects.toMatchObject({
      code: 'cors',
      message: expect.stringContaining('wandb sync') as string,
    });
  });

  it('that is another program is named as one', async () => {
    proxy.script = () => ({ kind: 'answer', status: 200, headers: {}, body: '<html></html>' });
    await expect(connect().open(run, null)).rejects.toMatchObject({ code: 'answer' });
  });

  it('that is too small for a batch says so', async () => {
    const remote = await connect().open(run, null);
    proxy.script = inOrder(['too large']);
    await expect(remote.send(batch(0), false)).rejects.toMatchObject({ code: 'too_large' });
  });
});

it('a server without sweeps gets studies as groups', async () => {
  await begin({ sweeps: false });
  const remote = await connect().open({ ...run, group: { id: 's', name: 'search', role: 'trial', trial: 1 } }, null);
  await remote.update({ ...ended, group: { id: 's', name: 'search', role: 'trial', trial: 1 } }, []);
  expect(server.run(run.id).bucket).toMatchObject({ groupName: 'search s', jobType: 'trial' });
  expect(server.requests.filter((name) => name === 'Sweeps')).toHaveLength(1);
});

describe('settings', () => {
  beforeEach(() => begin({}));

  it('come from the config where it says so', () => {
    expect(wandb.fromConfig(parseConfig({}))).toBeNull();
    const config = parseConfig({ logging: { wandb: { enabled: true, project: 'p' } } });
    expect(wandb.fromConfig(config)).toEqual({ url: 'https://api.wandb.ai', entity: null, project: 'p' });
  });

  it('lead to the page of the cloud', async () => {
    const http = new NodeHttp();
    const connection = connectWandb({ url: 'https://api.wandb.ai', entity: 'e', project: 'p' }, http);
    const stored: Json = {
      entity: 'e',
      project: 'p',
      sweep: null,
      lines: { history: 0, events: 0, log: 0 },
      there: { history: 0, events: 0, log: 0 },
      lost: false,
      summary: {},
      artifact: null,
    };
    expect((await connection.open(run, stored)).url).toBe('https://wandb.ai/e/p/runs/abcdefgh');
    expect(wandb.origins({ url: 'https://wandb.example.org:8080/path', entity: null, project: null })).toEqual([
      'https://wandb.example.org:8080',
    ]);
  });
});

it('the digest of an artifact is that of wandb', async () => {
  await begin({});
  // What wandb 0.31.0 sent for one file `model/m.bin` that holds 12345.
  const entries = [{ path: 'model/m.bin', digest: 'gnzLDuqKcGxMNKFokfhOew==', size: 5 }];
  expect(await manifestDigest(entries)).toBe('98a7b75d5689246ae715e0cb9a52be19');
});
