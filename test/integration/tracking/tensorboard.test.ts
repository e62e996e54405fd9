/** TensorBoard reads what we write: with its readers for Python, and over HTTP with the reader that it uses by itself. */
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parse';
import { tensorBoardFiles } from '../../../src/export/tensorboard/run-files';
import type { MediaContent, MediaRow } from '../../../src/store/media';
import type { Batch, TrackedRun } from '../../../src/tracking/tracker';
import { openRun } from '../../../src/tracking/trackers/tensorboard/folder-run';
import { curve } from '../../helpers/bundle-content';
import { runRow } from '../../helpers/run-row';
import { describePython } from '../python';
import { diskFolder } from './disk-folder';
import { EventReader } from './read-events';
import { PythonServer } from './servers/python-server';

const START = 1_700_000_000_000;

/** A PNG of RGBA pixels. */
function png(width: number, height: number, rgba: Uint8Array): Blob {
  const chunk = (type: string, data: Uint8Array): Uint8Array => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const framed = Buffer.alloc(8 + body.length);
    framed.writeUInt32BE(data.length, 0);
    framed.set(body, 4);
    framed.writeUInt32BE(crc32(body), 4 + body.length);
    return framed;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6], 8);
  const rows = Array.from({ length: height }, (_, y) => [0, ...rgba.subarray(4 * y * width, 4 * (y + 1) * width)]);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Uint8Array.from(rows.flat()))),
    chunk('IEND', new Uint8Array()),
  ];
  return new Blob([Buffer.concat(parts)], { type: 'image/png' });
}

/** A WAVE file of 16-bit samples, one channel. */
function wave(samples: number, rate: number): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.alloc(44 + 2 * samples);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + 2 * samples, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(2 * rate, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(2 * samples, 40);
  for (let i = 0; i < samples; i++) bytes.writeInt16LE(Math.round(20_000 * Math.sin(i / 5)), 44 + 2 * i);
  return Uint8Array.from(bytes);
}

const pixels = Uint8Array.from({ length: 4 * 5 * 3 }, (_, i) => (i * 37) % 256);
const sound = wave(800, 8000);
const vectors = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i) * 10 ** (i - 6));
const histogram = {
  kind: 'histogram' as const,
  edges: Float64Array.of(-0.5, 0.1, 1 / 3, 2),
  counts: Float64Array.of(3, 0, 5),
  min: -0.5,
  max: 2,
  count: 8,
  sum: 4,
  sum_squares: 9,
};

/** One of every kind. */
function mediaOf(run_id: string): MediaRow[] {
  const row = (name: string, step: number, content: MediaContent): MediaRow => ({
    run_id,
    name,
    step,
    time: START + step * 1000,
    content,
  });
  return [
    row('predictions/0', 4, {
      kind: 'image',
      blob: png(5, 3, pixels),
      width: 5,
      height: 3,
      caption: 'is 7, seen as 1',
    }),
    row('sounds/0', 4, {
      kind: 'audio',
      blob: new Blob([sound]),
      sample_rate: 8000,
      seconds: 0.1,
      caption: '',
    }),
    row('sample', 4, { kind: 'text', text: 'To **be**, or not – ‘to be’ <b>' }),
    row('weights/dense_1/kernel', 4, histogram),
    row('scores', 4, {
      kind: 'table',
      columns: ['class', 'f1'],
      rows: [
        ['a|b', 0.5],
        ['c', null],
      ],
    }),
    row('hidden', 2, {
      kind: 'embedding',
      vectors: vectors.map((value) => -value),
      width: 3,
      columns: [],
      metadata: [],
    }),
    row('hidden', 4, {
      kind: 'embedding',
      vectors,
      width: 3,
      columns: ['label', 'predicted'],
      metadata: [
        ['a', 'a'],
        ['b\tc', 'a'],
        ['ü “x”', 'b'],
        ['d', 'd'],
      ],
    }),
  ];
}

const series = [
  curve(
    'loss',
    Array.from({ length: 300 }, (_, i) => [i, Math.exp(-i / 50)]),
  ),
  curve('val_loss', [
    [0, Infinity],
    [100, 1e-30],
    [2_000_000_000, Number.NaN],
  ]),
  curve('system/cpu_percent', [[10, 250.5]]),
];

const row = runRow('k3v9x0ab', {
  name: 'spirals <1>',
  created: START,
  status: 'finished',
  config: parseConfig({ name: 'spirals <1>', model: { architecture: 'mlp', hidden: [8, 4] } }),
  best: { val_loss: 0.25 },
});

const tracked = (id: string, change: Partial<TrackedRun> = {}): TrackedRun => ({
  noun: 'run',
  id,
  name: 'live',
  started: START,
  ended: null,
  status: 'running',
  reason: null,
  config: null,
  params: { 'model.filters': '[8, 16]', 'training.optimizer.learning_rate': 0.01, 'data.limit': null },
  tags: [],
  notes: '',
  author: 'Ada',
  facts: {},
  group: null,
  summary: {},
  ...change,
});

const batch = (number: number, points: Batch['points'], media: MediaRow[] = []): Batch => ({
  number,
  points,
  media,
  lines: [{ run_id: 'live', at: START, level: 'info', message: `Batch ${number}.` }],
});

/** A server that shows a folder. */
const serve = (logdir: string): Promise<PythonServer> =>
  PythonServer.start({
    name: 'tensorboard',
    command: ({ port }) =>
      [
        ['-m', 'tensorboard.main', '--logdir', logdir],
        ['--port', String(port), '--reload_interval', '1'],
      ].flat(),
    probe: '/data/runs',
  });

describePython('TensorBoard', () => {
  let folder = '';
  let events: EventReader;
  const servers: PythonServer[] = [];
  const started = async (logdir: string): Promise<string> => {
    const server = await serve(logdir);
    servers.push(server);
    return `${server.url}/data`;
  };

  beforeAll(async () => {
    events = new EventReader();
    folder = await mkdtemp(join(tmpdir(), 'lathe-tensorboard-'));
    const lines = [{ run_id: row.id, at: START + 400_000, level: 'info' as const, message: 'Finished.' }];
    for (const { path, bytes } of await tensorBoardFiles({ row, series, media: mediaOf(row.id), lines }, 'stored')) {
      await mkdir(dirname(join(folder, 'all', path)), { recursive: true });
      await writeFile(join(folder, 'all', path), bytes);
    }
    const live = await openRun(diskFolder(join(folder, 'all')), tracked('livelive'), null);
    await live.send(batch(0, series, mediaOf('livelive')), false);
    await live.update(tracked('livelive', { status: 'diverged', ended: START + 5000, notes: 'Too *fast*.' }), []);
  });

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await events.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('reads every kind of data from a stored run and from a folder, values equal', async () => {
    const folders = [join(folder, 'all/stored'), join(folder, 'all/live-livelive')];
    const read = await events.read(folders);
    for (const found of read) {
      for (const { metric, steps, values, times } of series) {
        expect(found.scalars[metric].map(([step]) => step)).toEqual([...steps]);
        expect(found.scalars[metric].map(([, value]) => String(value))).toEqual(
          [...values].map((value) => String(Math.fround(value))),
        );
        expect(found.scalars[metric].map(([, , time]) => time)).toEqual([...times].map((time) => time / 1000));
      }
      expect(found.images['predictions/0']).toEqual([
        { step: 4, width: 5, height: 3, size: [5, 3], rgba: [...pixels] },
      ]);
      expect(found.audio['sounds/0']).toEqual([
        {
          step: 4,
          wave: Buffer.from(sound).toString('base64'),
          content_type: 'audio/wav',
          sample_rate: 8000,
          length_frames: 800,
        },
      ]);
      expect(found.histograms['weights/dense_1/kernel']).toEqual([
        [
          4,
          [
            [-0.5, 0.1, 3],
            [0.1, 1 / 3, 0],
            [1 / 3, 2, 5],
          ],
        ],
      ]);
      expect(found.texts.sample).toEqual([[4, 'To **be**, or not – ‘to be’ <b>']]);
      expect(found.texts['predictions/0/caption']).toEqual([[4, 'is 7, seen as 1']]);
      expect(found.texts.scores).toEqual([[4, '| class | f1 |\n| --- | ---: |\n| a\\|b | 0.5 |\n| c |  |']]);
      expect(found.projector.embeddings).toMatchObject([{ tensor_name: 'hidden', tensor_shape: [4, 3] }]);
    }
    const [stored, live] = read;
    expect(stored.start).toMatchObject({ group: '', time: START / 1000 });
    expect(stored.start.params).toMatchObject({
      'model.hidden': '[8,4]',
      'training.l2': 0,
      'reproducibility.seed': 42,
    });
    expect(stored.end).toEqual({ status: 1, time: START / 1000 + 400 });
    expect(stored.texts.config[0][1]).toContain('hidden');
    expect(stored.texts.log[0][1]).toContain('info: Finished.');
    expect(live.start.params).toEqual({ 'model.filters': '[8, 16]', 'training.optimizer.learning_rate': 0.01 });
    expect(live.end).toEqual({ status: 2, time: START / 1000 + 5 });
    expect(live.texts.run.at(-1)?.[1]).toContain('Too *fast*.');
  });

  it('serves them to its page', async () => {
    const url = await started(join(folder, 'all'));
    const run = 'stored';
    const get = async (path: string, query: Record<string, string> = {}): Promise<Response> => {
      const response = await fetch(`${url}/plugin/${path}?${new URLSearchParams({ run, ...query })}`);
      expect(response.status, path).toBe(200);
      return response;
    };
    const json = async <T>(path: string, query: Record<string, string>, schema: v.GenericSchema<unknown, T>) =>
      v.parse(schema, await (await get(path, query)).json());
    const page = async (path: string): Promise<unknown> => (await fetch(`${url}/${path}`)).json();
    // It reads on in the background.
    await expect
      .poll(() => page('runs'), { timeout: 30_000 })
      .toEqual(expect.arrayContaining(['stored', 'live-livelive']));
    await expect
      .poll(() => page('plugin/text/tags'), { timeout: 30_000 })
      .toMatchObject({ stored: expect.arrayContaining(['run']), 'live-livelive': expect.arrayContaining(['run']) });

    const scalars = await json(
      'scalars/scalars',
      { tag: 'loss' },
      v.array(v.tuple([v.number(), v.number(), v.number()])),
    );
    expect(scalars.map(([, step, value]) => [step, value])).toEqual(
      Array.from(series[0].steps, (step, i) => [step, Math.fround(series[0].values[i])]),
    );
    const bins = await json('histograms/histograms', { tag: 'weights/dense_1/kernel' }, v.array(v.array(v.unknown())));
    expect(bins).toHaveLength(1);
    expect(bins[0][2]).toEqual([
      [-0.5, 0.1, 3],
      [0.1, 1 / 3, 0],
      [1 / 3, 2, 5],
    ]);
    const texts = await json('text/text', { tag: 'sample' }, v.array(v.object({ text: v.string() })));
    expect(texts[0].text).toContain('<strong>be</strong>');
    expect((await json('text/text', { tag: 'scores' }, v.array(v.object({ text: v.string() }))))[0].text).toContain(
      '<table>',
    );

    const queries = v.array(v.object({ query: v.string() }));
    const [image] = await json('images/images', { tag: 'predictions/0', sample: '0' }, queries);
    expect(
      Buffer.from(await (await fetch(`${url}/plugin/images/individualImage?${image.query}`)).arrayBuffer()),
    ).toEqual(Buffer.from(await png(5, 3, pixels).arrayBuffer()));
    const [audio] = await json('audio/audio', { tag: 'sounds/0', sample: '0' }, queries);
    expect(
      Buffer.from(await (await fetch(`${url}/plugin/audio/individualAudio?${audio.query}`)).arrayBuffer()),
    ).toEqual(Buffer.from(sound));

    const shown = new Float32Array(await (await get('projector/tensor', { name: 'hidden' })).arrayBuffer());
    expect(shown).toEqual(vectors);
    expect(await (await get('projector/metadata', { name: 'hidden' })).text()).toBe(
      'label\tpredicted\na\ta\nb c\ta\nü “x”\tb\nd\td\n',
    );

    const post = async (path: string, body: object): Promise<unknown> => {
      const response = await fetch(`${url}/plugin/hparams/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(response.status, path).toBe(200);
      return response.json();
    };
    const experiment = v.parse(
      v.object({ hparamInfos: v.array(v.object({ name: v.string() })) }),
      await post('experiment', { experimentName: '' }),
    );
    const names = experiment.hparamInfos.map(({ name }) => name);
    // Parameters that only one of the runs has.
    expect(names).toEqual(expect.arrayContaining(['model.hidden', 'model.filters', 'training.l2']));
    const allowedStatuses = ['STATUS_UNKNOWN', 'STATUS_SUCCESS', 'STATUS_FAILURE', 'STATUS_RUNNING'];
    const { sessionGroups } = v.parse(
      v.object({
        sessionGroups: v.array(
          v.object({
            name: v.string(),
            hparams: v.unknown(),
            sessions: v.array(v.object({ status: v.string() })),
          }),
        ),
      }),
      await post('session_groups', {
        experimentName: '',
        allowedStatuses,
        colParams: names.map((name) => ({ hparam: name, includeInResult: true })),
        startIndex: 0,
        sliceSize: 10,
      }),
    );
    const status = new Map(sessionGroups.map(({ name, sessions }) => [name, sessions[0].status]));
    expect(status).toEqual(
      new Map([
        ['stored', 'STATUS_SUCCESS'],
        ['live-livelive', 'STATUS_FAILURE'],
      ]),
    );
    expect(sessionGroups.find(({ name }) => name === 'live-livelive')?.hparams).toMatchObject({
      'training.optimizer.learning_rate': 0.01,
    });
  });

  it('shows a run while it is written, each point once, also when files are merged and a batch comes again', async () => {
    const logdir = join(folder, 'growing');
    await mkdir(logdir);
    const points = (number: number): Batch['points'] => [
      curve(
        'loss',
        Array.from({ length: 5 }, (_, i) => [5 * number + i, number + i / 8]),
      ),
    ];
    const root = diskFolder(logdir);
    let live = await openRun(root, tracked('growgrow'), null);
    await live.send(batch(0, points(0)), false);
    const url = await started(logdir);
    const steps = async (): Promise<number[]> => {
      const response = await fetch(`${url}/plugin/scalars/scalars?run=live-growgrow&tag=loss`);
      return response.ok
        ? v.parse(v.array(v.tuple([v.number(), v.number(), v.number()])), await response.json()).map(([, step]) => step)
        : [];
    };
    const upTo = (number: number): number[] => Array.from({ length: 5 * (number + 1) }, (_, i) => i);
    await expect.poll(steps, { timeout: 30_000 }).toEqual(upTo(0));
    let number = 1;
    for (const until of [20, 45, 80]) {
      for (; number <= until; number++) {
        const before = live.state;
        await live.send(batch(number, points(number)), false);
        if (number % 7 === 0) {
          // The page is closed before the acknowledgement was stored, or after it.
          live = await openRun(root, tracked('growgrow'), number % 2 === 0 ? before : live.state);
          await live.send(batch(number, points(number)), true);
        }
      }
      await expect.poll(steps, { timeout: 30_000 }).toEqual(upTo(until));
      const files = await readdir(join(logdir, 'live-growgrow'));
      expect(files.length).toBeLessThan(50);
      // Two minutes later.
      const then = Date.now() / 1000 - 120;
      await Promise.all(files.map((file) => utimes(join(logdir, 'live-growgrow', file), then, then)));
    }
    const [read] = await events.read([join(logdir, 'live-growgrow')]);
    expect(read.scalars.loss.map(([step]) => step)).toEqual(upTo(80));
    expect(read.texts.log).toHaveLength(81);
  });

  it('shows the end that counts of a run that failed, went on and finished', async () => {
    const logdir = join(folder, 'resumed');
    await mkdir(logdir);
    const root = diskFolder(logdir);
    const at = join(logdir, 'live-resumed');
    const end = async (): Promise<unknown> => (await events.read([at]))[0].end;
    const points = (step: number): Batch['points'] => [curve('loss', [[step, 1 / step]])];

    let live = await openRun(root, tracked('resumed'), null);
    await live.send(batch(0, points(1)), false);
    await live.update(tracked('resumed', { status: 'failed', ended: START + 5000 }), []);
    expect(await end()).toEqual({ status: 2, time: START / 1000 + 5 });

    live = await openRun(root, tracked('resumed'), live.state);
    await live.send(batch(1, points(2)), false);
    expect(await end()).toBeUndefined();

    await live.update(tracked('resumed', { status: 'finished', ended: START + 9000 }), []);
    expect(await end()).toEqual({ status: 1, time: START / 1000 + 9 });
    const [read] = await events.read([at]);
    expect(read.scalars.loss.map(([step]) => step)).toEqual([1, 2]);
  });
});
