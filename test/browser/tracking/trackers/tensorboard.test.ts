import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openDatabase, type Database } from '../../../../src/store/database';
import { getFolder, keepFolder } from '../../../../src/store/folders';
import type { MetricSeries } from '../../../../src/store/metrics';
import type { Http } from '../../../../src/tracking/http/http';
import type { Batch, Connection, TrackedRun } from '../../../../src/tracking/tracker';
import { trackerOf } from '../../../../src/tracking/registry';
import { tensorBoardTracker } from '../../../../src/tracking/trackers/tensorboard/tensorboard';

const noHttp: Http = {
  credential: () => null,
  request: () => Promise.reject(new Error('A folder is no server.')),
};

const run: TrackedRun = {
  noun: 'run',
  id: 'k3v9x0ab',
  name: 'spirals / 1',
  started: 1_700_000_000_000,
  ended: null,
  status: 'running',
  reason: null,
  config: null,
  params: { 'training.epochs': 3 },
  tags: [],
  notes: '',
  author: null,
  facts: {},
  group: null,
  summary: {},
};

const NAME = 'spirals-1-k3v9x0ab';
const FIRST = 'events.out.tfevents.1700000000.k3v9x0ab';

const points = (metric: string, ...steps: number[]): MetricSeries => ({
  metric,
  steps: Float64Array.from(steps),
  values: Float64Array.from(steps, (step) => step / 2),
  times: Float64Array.from(steps, (step) => 1_700_000_000_000 + step),
});

const batch = (number: number, change: Partial<Batch> = {}): Batch => ({
  number,
  points: [points('loss', 2 * number, 2 * number + 1)],
  media: [],
  lines: [],
  ...change,
});

let root: FileSystemDirectoryHandle;
let connection: Connection;

beforeEach(async () => {
  const storage = await navigator.storage.getDirectory();
  root = await storage.getDirectoryHandle(crypto.randomUUID(), { create: true });
  connection = tensorBoardTracker(async () => root).connect({ folder: 'f', name: '' }, noHttp);
});

/** Names and bytes of what is in the run's folder. */
async function files(): Promise<Record<string, Uint8Array>> {
  const found: Record<string, Uint8Array> = {};
  const walk = async (directory: FileSystemDirectoryHandle, prefix: string): Promise<void> => {
    for await (const entry of directory.values()) {
      if (entry.kind === 'directory') await walk(entry, `${prefix}${entry.name}/`);
      else found[prefix + entry.name] = new Uint8Array(await (await entry.getFile()).arrayBuffer());
    }
  };
  await walk(await root.getDirectoryHandle(NAME), '');
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Lengths of the records of a file. */
function records(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer);
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; at += 16 + lengths[lengths.length - 1]) lengths.push(view.getUint32(at, true));
  return lengths;
}

describe('a folder for TensorBoard', () => {
  it('gets a folder a run, a file a write, and the head of a file in each', async () => {
    const remote = await connection.open(run, null);
    expect(await remote.send(batch(0), false)).toEqual({ stop: false });
    await remote.send(batch(1), false);
    const found = await files();
    expect(Object.keys(found)).toEqual([FIRST, `${FIRST}.000001`]);
    // Version, parameters, two points; version, two points.
    expect(records(found[FIRST])).toHaveLength(4);
    expect(records(found[`${FIRST}.000001`])).toHaveLength(3);
    expect(await connection.check()).toMatch(/can be written to/);
  });

  it('holds a batch once that comes again, whether its acknowledgement was stored or not', async () => {
    const once = await connection.open(run, null);
    for (let number = 0; number < 4; number++) await once.send(batch(number), false);
    const expected = await files();

    await root.removeEntry(NAME, { recursive: true });
    let remote = await connection.open(run, null);
    for (let number = 0; number < 4; number++) {
      const before = remote.state;
      await remote.send(batch(number), false);
      remote = await connection.open(run, structuredClone(number % 2 === 0 ? before : remote.state));
      await remote.send(batch(number), true);
    }
    expect(await files()).toEqual(expected);
  });

  it('goes on after a reload in the same folder, also under another name', async () => {
    const first = await connection.open(run, null);
    await first.send(batch(0), false);
    const second = await connection.open({ ...run, name: 'renamed' }, structuredClone(first.state));
    await second.send(batch(1), false);
    const third = await connection.open({ ...run, name: 'renamed' }, null);
    await third.send(batch(2), false);
    expect(Object.keys(await files())).toEqual([FIRST, `${FIRST}.000001`, `${FIRST}.000002`]);
    expect(await Array.fromAsync(root.keys())).toEqual([NAME]);
  });

  it('begins anew where the run is delivered a second time', async () => {
    const first = await connection.open(run, null);
    for (let number = 0; number < 3; number++) await first.send(batch(number), false);
    const again = await connection.open(run, null);
    await again.send(batch(0), false);
    expect(Object.keys(await files())).toEqual([FIRST]);
  });

  it('merges files that readers have had for long, and loses nothing by it', async () => {
    const remote = await connection.open(run, null);
    for (let number = 0; number < 40; number++) await remote.send(batch(number), false);
    expect(Object.keys(await files())).toHaveLength(40);
    const before = remote.state;
    const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 120_000);
    try {
      await remote.send(batch(40), false);
      const merged = await files();
      // The first, the batch that might have come again, and the new one.
      expect(Object.keys(merged)).toEqual([FIRST, `${FIRST}.000039`, `${FIRST}.000040`]);
      expect(records(merged[FIRST])).toHaveLength(2 + 2 * 39);
      // The page was closed before this was remembered.
      const reopened = await connection.open(run, structuredClone(before));
      await reopened.send(batch(40), true);
      expect(await files()).toEqual(merged);
      await reopened.send(batch(41), false);
      expect(Object.keys(await files())).toHaveLength(4);
    } finally {
      now.mockRestore();
    }
  });

  it('tells how the run ended, once', async () => {
    const remote = await connection.open(run, null);
    await remote.send(batch(0), false);
    await remote.update({ ...run, summary: { loss: 1 } }, []);
    await remote.update({ ...run, summary: { loss: 0.5 } }, []);
    // While it trains its numbers are no news.
    expect(Object.keys(await files())).toHaveLength(2);
    const ended: TrackedRun = { ...run, status: 'finished', ended: run.started + 5000 };
    await remote.update(ended, []);
    await remote.update(ended, []);
    await remote.update({ ...ended, notes: 'kept' }, []);
    const found = await files();
    // Two descriptions, the end, and a description: a version and a record each.
    expect(Object.values(found).map((bytes) => records(bytes).length)).toEqual([4, 2, 2, 2, 2]);
  });

  it('forgets the end of a run that goes on, though the page was closed, and tells the next', async () => {
    const failed: TrackedRun = { ...run, status: 'failed', ended: run.started + 5000 };
    const first = await connection.open(run, null);
    await first.send(batch(0), false);
    await first.update(failed, []);
    expect(Object.keys(await files())).toEqual([FIRST, `${FIRST}.000001`, `${FIRST}.000002`]);
    const remembered = structuredClone(first.state);
    let remote = await connection.open(run, remembered);
    await remote.send(batch(1), false);
    const expected = [FIRST, `${FIRST}.000001`, `${FIRST}.000003`];
    expect(Object.keys(await files())).toEqual(expected);
    // The page was closed before this was remembered.
    remote = await connection.open(run, remembered);
    await remote.send(batch(1), true);
    expect(Object.keys(await files())).toEqual(expected);
    const finished: TrackedRun = { ...run, status: 'finished', ended: run.started + 9000 };
    await remote.update(finished, []);
    expect(Object.keys(await files())).toEqual([...expected, `${FIRST}.000004`, `${FIRST}.000005`]);
    // It failed, went on and finished while nothing was sent.
    const away = await connection.open(finished, remembered);
    await away.send(batch(1), true);
    await away.update(finished, []);
    expect(Object.keys(await files())).toEqual([...expected, `${FIRST}.000004`, `${FIRST}.000005`]);
  });

  it('does not merge the end, so that it can still be forgotten', async () => {
    const now = vi.spyOn(Date, 'now');
    try {
      const remote = await connection.open(run, null);
      for (let number = 0; number < 20; number++) await remote.send(batch(number), false);
      const ended: TrackedRun = { ...run, status: 'stopped', ended: run.started + 5000 };
      await remote.update(ended, []);
      // Lines that came after the end.
      for (let number = 20; number < 40; number++) await remote.send(batch(number), false);
      now.mockReturnValue(performance.timeOrigin + performance.now() + 120_000);
      await remote.send(batch(40), false);
      expect(Object.keys(await files())).toContain(`${FIRST}.000021`);
      await remote.update(run, []);
      expect(Object.keys(await files())).not.toContain(`${FIRST}.000021`);
    } finally {
      now.mockRestore();
    }
  });

  it('holds the newest vectors of each name', async () => {
    const vectors = (name: string, step: number, value: number): Batch['media'][number] => ({
      run_id: run.id,
      name,
      step,
      time: run.started,
      content: {
        kind: 'embedding',
        vectors: Float32Array.of(value, 0, 1, value),
        width: 2,
        columns: ['label'],
        metadata: [['a'], ['b']],
      },
    });
    const remote = await connection.open(run, null);
    await remote.send(batch(0, { media: [vectors('hidden', 0, 0.1), vectors('other', 0, 3)] }), false);
    await remote.send(batch(1, { media: [vectors('hidden', 1, 0.25)] }), false);
    const found = await files();
    const text = (part: RegExp): string[] =>
      Object.entries(found)
        .filter(([path]) => part.test(path))
        .map(([, bytes]) => new TextDecoder().decode(bytes));
    expect(text(/hidden-\w+\.tsv/)).toEqual(['0.25\t0\n1\t0.25\n']);
    expect(text(/hidden-\w+\.labels/)).toEqual(['a\nb\n']);
    expect(text(/projector_config/)[0].match(/tensor_name: "\w+"/g)).toEqual([
      'tensor_name: "hidden"',
      'tensor_name: "other"',
    ]);
  });

  it('says to choose the folder again where it may not be written to, is gone, or is not known', async () => {
    const remote = await connection.open(run, null);
    const sorry = { code: 'folder', message: expect.stringContaining('Choose the folder again') };
    vi.spyOn(root, 'queryPermission').mockResolvedValueOnce('prompt');
    await expect(connection.open(run, null)).rejects.toMatchObject(sorry);
    await root.removeEntry(NAME, { recursive: true });
    await expect(remote.send(batch(0), false)).rejects.toMatchObject(sorry);
    const unknown = tensorBoardTracker(async () => null).connect({ folder: 'x', name: '' }, noHttp);
    await expect(unknown.check()).rejects.toMatchObject(sorry);
  });

  it('says so where the disk is full, and goes on when it is not any more', async () => {
    const remote = await connection.open(run, null);
    await remote.send(batch(0), false);
    const expected = await files();
    const full = vi
      .spyOn(FileSystemWritableFileStream.prototype, 'close')
      .mockRejectedValueOnce(new DOMException('full', 'QuotaExceededError'));
    await expect(remote.send(batch(1), false)).rejects.toMatchObject({ code: 'quota' });
    full.mockRestore();
    expect((await files())[FIRST]).toEqual(expected[FIRST]);
    await remote.send(batch(1), true);
    expect(records((await files())[`${FIRST}.000001`])).toHaveLength(3);
  });
});

describe('folders that are kept', () => {
  let database: Database;

  it('are found by the tracker, and keep their id when they are chosen again', async () => {
    database = await openDatabase();
    const { id, name } = await keepFolder(database, root);
    expect(name).toBe(root.name);
    expect((await keepFolder(database, root)).id).toBe(id);
    expect(await (await getFolder(database, id))?.handle.isSameEntry(root)).toBe(true);
    const tracker = trackerOf('tensorboard');
    expect(await tracker?.connect({ folder: id, name: '' }, noHttp).check()).toMatch(/can be written to/);
    await database.delete('folders', id);
    database.close();
  });
});
