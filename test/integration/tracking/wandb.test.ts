/** A run at a real openwandb, read back through its API, whatever happens on the way. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parse';
import type { Json } from '../../../src/store/study';
import { DeliveryError } from '../../../src/tracking/http/http';
import type { Batch, RemoteRun, RunFile, TrackedRun } from '../../../src/tracking/tracker';
import { wandb } from '../../../src/tracking/trackers/wandb/wandb';
import { FaultProxy } from '../../helpers/tracking/fault-proxy';
import { atRandom, none } from '../../helpers/tracking/faults';
import { NodeHttp } from '../../helpers/tracking/node-http';
import { describePython } from '../python';
import { OPENWANDB_KEY, OpenwandbServer, parseLine } from './servers/openwandb';

const START = Date.UTC(2026, 0, 2, 3, 4, 5);
const STEPS = 50;

function tracked(id: string): TrackedRun {
  return {
    noun: 'run',
    id,
    name: 'digits',
    started: START,
    ended: null,
    status: 'running',
    reason: null,
    config: parseConfig({}),
    params: { 'training.batch_size': 32, 'training.optimizer.name': 'adamw' },
    tags: ['one', 'two'],
    notes: 'a note',
    author: 'Ada',
    facts: { dataset: 'mnist' },
    group: null,
    summary: {},
  };
}

const ended = (run: TrackedRun): TrackedRun => ({
  ...run,
  status: 'finished',
  ended: START + 300_000,
  summary: { 'best/val_loss': 0.5 },
});

const valueAt = (step: number): number => (step === 7 ? NaN : 1 / (step + 3));

function batch(id: string, number: number): Batch {
  const steps = Float64Array.from({ length: STEPS }, (_, i) => STEPS * number + i);
  const times = steps.map((step) => START + step * 1000);
  const last = steps.slice(-1);
  const at = { run_id: id, step: last[0], time: times[STEPS - 1] };
  const wave = new Blob([new Uint8Array(44)]);
  return {
    number,
    points: [
      { metric: 'loss', steps, values: steps.map(valueAt), times },
      { metric: 'val_loss', steps: last, values: last.map(valueAt), times: times.slice(-1) },
      { metric: 'system/cpu_percent', steps: last, values: Float64Array.of(number), times: times.slice(-1) },
    ],
    media:
      number === 0
        ? [
            {
              ...at,
              name: 'samples/first',
              content: { kind: 'image', blob: new Blob(['PNG']), width: 2, height: 1, caption: 'a' },
            },
            { ...at, name: 'hum', content: { kind: 'audio', blob: wave, sample_rate: 8000, seconds: 0, caption: '' } },
            { ...at, name: 'errors', content: { kind: 'table', columns: ['n', 'label'], rows: [[1, 'cat']] } },
          ]
        : [],
    lines: [{ run_id: id, at: START + number, level: 'info', message: `batch ${number}.` }],
  };
}

function file(path: string, bytes: Uint8Array<ArrayBuffer>): RunFile {
  const model = path.startsWith('model/');
  return { path, type: '', bytes: bytes.length, key: path, model, read: () => Promise.resolve(new Blob([bytes])) };
}

describePython('a run at openwandb', () => {
  let server: OpenwandbServer;
  let proxy: FaultProxy;

  beforeAll(async () => {
    server = await OpenwandbServer.start();
    proxy = await FaultProxy.before(server.url);
  }, 120_000);
  afterEach(() => void (proxy.script = none));
  afterAll(async () => {
    await proxy.close();
    await server.process.stop();
  });

  /** Calls until a call comes back, each time as after a reload, with what was stored. */
  async function persist(
    run: TrackedRun,
    state: { stored: Json },
    call: (remote: RemoteRun, again: boolean) => Promise<unknown>,
  ) {
    const http = new NodeHttp({ [proxy.url]: { scheme: 'key', key: OPENWANDB_KEY } });
    const connection = wandb.connect({ url: proxy.url, entity: null, project: null }, http);
    for (let again = false; ;) {
      try {
        const remote = await connection.open(run, state.stored);
        state.stored = structuredClone(remote.state);
        const before = again;
        again = true;
        await call(remote, before);
        state.stored = structuredClone(remote.state);
        return;
      } catch (error) {
        if (!(error instanceof DeliveryError) || !['unreachable', 'too_many', 'server'].includes(error.code))
          throw error;
      }
    }
  }

  async function deliver(run: TrackedRun, files: readonly RunFile[]): Promise<void> {
    const state = { stored: null as Json };
    for (const number of [0, 1])
      await persist(run, state, (remote, again) => remote.send(batch(run.id, number), again));
    // The page was closed, and nothing is known here any more.
    state.stored = null;
    for (const number of [2, 3])
      await persist(run, state, (remote, again) => remote.send(batch(run.id, number), again));
    for (const one of files) await persist(run, state, (remote) => remote.upload(one));
    await persist(run, state, (remote) => remote.update(ended(run), files));
  }

  async function expectWhole(id: string): Promise<void> {
    const steps = Array.from({ length: 4 * STEPS }, (_, i) => i);
    const { loss, val_loss } = await server.metrics(id);
    // Its database holds no number that is none.
    expect(loss).toEqual(steps.map((step) => [step, Number.isNaN(valueAt(step)) ? null : valueAt(step)]));
    expect(val_loss).toEqual([0, 1, 2, 3].map((n) => [STEPS * n + STEPS - 1, valueAt(STEPS * n + STEPS - 1)]));
    const rows = (await server.lines(id, 'wandb-history.jsonl')).map(parseLine);
    expect(rows.map(({ _step }) => _step)).toEqual(steps);
    expect(rows.map((row) => row.loss)).toEqual(steps.map(valueAt));
    expect(await server.system(id)).toEqual({ 'system.proc.cpu.percent': [0, 1, 2, 3] });
    const lines = await server.lines(id, 'output.log');
    expect(lines.map((line) => line.replace(/^\S+ /, ''))).toEqual(['batch 0.', 'batch 1.', 'batch 2.', 'batch 3.']);
  }

  it('has its history, media, files and model, over a resume', async () => {
    const run = tracked('whole001');
    const bundle = new Uint8Array(100_000).fill(7);
    await deliver(run, [file('plots/loss.svg', new Uint8Array(5)), file('model/bundle.zip', bundle)]);
    await expectWhole(run.id);

    const { state, displayName, notes, tags, config, summaryMetrics } = await server.run(run.id);
    expect({ state, displayName, notes, tags }).toEqual({
      state: 'finished',
      displayName: 'digits',
      notes: 'a note',
      tags: ['one', 'two'],
    });
    expect(config).toMatchObject({
      training: { value: { batch_size: 32, optimizer: { name: 'adamw' } } },
      lathe: { value: { id: run.id, dataset: 'mnist', author: 'Ada' } },
    });
    expect(summaryMetrics).toMatchObject({ 'best/val_loss': 0.5, loss: valueAt(4 * STEPS - 1), status: 'finished' });

    const row = parseLine((await server.lines(run.id, 'wandb-history.jsonl'))[STEPS - 1]);
    const media = { 'samples/first': 'image-file', hum: 'audio-file', errors: 'table-file' };
    for (const [name, type] of Object.entries(media)) {
      const value = row[name] as { _type: string; path: string; size: number };
      expect(value._type).toBe(type);
      expect((await server.file(run.id, value.path))?.length).toBe(value.size);
    }
    expect(await server.files(run.id)).toMatchObject({ 'plots/loss.svg': 5 });
    const [artifact, ...others] = await server.artifacts(run.id);
    expect(others).toEqual([]);
    expect(artifact).toMatchObject({ name: 'run-whole001-model', type: 'model' });
    expect(JSON.parse(artifact.metadata)).toMatchObject({ run: run.id, dataset: 'mnist' });
    // It keeps no files of artifacts: they are there as files of the run.
    expect(await server.file(run.id, 'model/bundle.zip')).toEqual(bundle);
  });

  it.each([1, 2])('loses and doubles no line under faults by chance, seed %i', async (seed) => {
    const run = tracked(`chance0${seed}`);
    proxy.script = atRandom(seed, {
      'too many': 0.05,
      'server error': 0.05,
      'cut before': 0.05,
      'cut after': 0.15,
    });
    const before = proxy.requests.length;
    await deliver(run, [file('notes.txt', new Uint8Array(3))]);
    const faults = proxy.requests.slice(before).filter(({ fault }) => fault !== null);
    expect(faults.length).toBeGreaterThan(3);
    proxy.script = none;
    await expectWhole(run.id);
    expect(await server.files(run.id)).toMatchObject({ 'notes.txt': 3 });
  });

  it('loses and doubles no line when the server is killed', async () => {
    const run = tracked('killed01');
    const state = { stored: null as Json };
    await persist(run, state, (remote) => remote.send(batch(run.id, 0), false));
    // What it has taken in, but did not say so.
    await persist({ ...run }, { stored: state.stored }, (remote) => remote.send(batch(run.id, 1), false));
    await server.process.kill();
    await expect(persistOnce(run, state.stored)).rejects.toMatchObject({ code: 'unreachable' });
    await server.process.restart();
    await persist(run, state, (remote) => remote.send(batch(run.id, 1), true));
    for (const number of [2, 3]) await persist(run, state, (remote) => remote.send(batch(run.id, number), false));
    await expectWhole(run.id);
  });

  async function persistOnce(run: TrackedRun, stored: Json): Promise<void> {
    const http = new NodeHttp({ [proxy.url]: { scheme: 'key', key: OPENWANDB_KEY } });
    const remote = await wandb.connect({ url: proxy.url, entity: null, project: null }, http).open(run, stored);
    await remote.send(batch(run.id, 1), true);
  }
});
