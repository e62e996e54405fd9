import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/base/random';
import type { Database } from '../../../src/store/database';
import { beginDelivery } from '../../../src/store/deliveries';
import type { DeliveryRow } from '../../../src/store/delivery';
import { appendLog } from '../../../src/store/logs';
import { addMedia, dropMediaAfter } from '../../../src/store/media';
import { MetricWriter, readMetrics } from '../../../src/store/metrics';
import { putRun, updateRun } from '../../../src/store/runs';
import { DeliveryRun, type DeliveryHost } from '../../../src/tracking/outbox/delivery-run';
import { runRow } from '../../helpers/run-row';
import { freshDatabase } from '../../helpers/stored-run';
import { MemoryServer, memoryTracker } from '../../helpers/tracking/memory-tracker';

const never = (): boolean => false;

interface Case {
  database: Database;
  server: MemoryServer;
  stopped: string[];
  /** A delivery from what is stored: as after a reload. */
  reload: () => Promise<DeliveryRun>;
  row: () => Promise<DeliveryRow>;
}

async function begin({ points = 1000 } = {}): Promise<Case> {
  const database = await freshDatabase();
  const server = new MemoryServer();
  const tracker = memoryTracker(server, points);
  const stopped: string[] = [];
  const host: DeliveryHost = {
    database,
    trackerOf: (kind) => (kind === tracker.kind ? tracker : undefined),
    exportBundle: async () => new Blob(['bundle']),
    author: () => 'Ada',
    changed: () => undefined,
    stop: (id) => stopped.push(id),
  };
  await putRun(database, runRow('r'));
  const { id } = await beginDelivery(database, { kind: 'memory', options: {} }, { noun: 'run', id: 'r' });
  const row = async (): Promise<DeliveryRow> => {
    const found = await database.get('deliveries', id);
    if (!found) throw new Error('The delivery is gone.');
    return found;
  };
  return { database, server, stopped, row, reload: async () => new DeliveryRun(await row(), host) };
}

/** What the store has of a run's points, as the server should. */
async function stored(database: Database): Promise<Record<string, [number, number, number][]>> {
  return Object.fromEntries(
    (await readMetrics(database, 'r')).map(({ metric, steps, values, times }) => [
      metric,
      Array.from(steps, (step, i): [number, number, number] => [step, values[i], times[i]]),
    ]),
  );
}

const arrived = (server: MemoryServer) => Object.fromEntries(server.run('r').points);

describe('a delivery', () => {
  it('brings everything of a run, in order, and once', async () => {
    const { database, server, reload, row } = await begin({ points: 500 });
    const writer = new MetricWriter(database, 'r');
    for (let step = 1; step <= 5000; step++) {
      writer.append('loss', step, 1 / step, step);
      if (step % 100 === 0) writer.append('val_loss', step, 2 / step, step);
      if (step % 7 === 0) writer.append('system/cpu', 7, step, step);
    }
    await writer.flush();
    await appendLog(database, 'r', 'info', 'It begins.');
    await addMedia(database, [
      { run_id: 'r', name: 'note', step: 100, time: 1, content: { kind: 'text', text: 'early' } },
      { run_id: 'r', name: 'note', step: 5000, time: 2, content: { kind: 'text', text: 'late' } },
    ]);
    const delivery = await reload();
    await delivery.turn(never);
    // More may come of the newest step while it trains.
    expect(server.run('r').points.get('loss')).toHaveLength(4999);
    expect(server.run('r').media).toEqual(['note 100']);
    expect(await row()).toMatchObject({ state: 'waiting', pending: 3, in_flight: null, error: null, url: 'memory:r' });

    await updateRun(database, 'r', { status: 'finished', step: 5000 });
    await appendLog(database, 'r', 'info', 'It ends.');
    await delivery.turn(never);
    expect(arrived(server)).toEqual(await stored(database));
    const { lines, media, files, updates } = server.run('r');
    expect(lines).toEqual(['It begins.', 'It ends.']);
    expect(media).toEqual(['note 100', 'note 5000']);
    expect([...files.keys()]).toEqual(['config.yaml', 'log.txt', 'plots/curves.png']);
    expect(updates.map(({ status, author }) => [status, author])).toEqual([
      ['running', 'Ada'],
      ['finished', 'Ada'],
    ]);
    expect(await row()).toMatchObject({ state: 'done', pending: 0 });
    expect((await row()).sent).toMatchObject({ points: 5000 + 50 + 714, lines: 2, media: 2, files: 3 });

    const before = server.requests;
    await (await reload()).turn(never);
    // It is opened, and nothing else is sent.
    expect(server.requests).toBe(before + 1);
  });

  it('sends again what was under way when the answer was lost, and says so', async () => {
    const { database, server, reload, row } = await begin();
    const writer = new MetricWriter(database, 'r');
    for (let step = 1; step <= 10; step++) writer.append('loss', step, step, step);
    await writer.flush();
    server.fate = (request) => (request === 'send' ? 'lost' : 'well');
    await (await reload()).turn(never);
    expect(await row()).toMatchObject({ state: 'waiting', attempts: 1, sent: { points: 0 } });
    expect((await row()).in_flight).not.toBeNull();
    expect((await row()).next_attempt).toBeGreaterThan(Date.now());
    server.fate = () => 'well';
    // More came meanwhile: the batch that was under way is the same all the same.
    for (let step = 11; step <= 20; step++) writer.append('loss', step, step, step);
    await writer.flush();
    await updateRun(database, 'r', { status: 'stopped' });
    await (await reload()).turn(never);
    expect(arrived(server)).toEqual(await stored(database));
    expect(server.run('r').batches).toEqual([0, 1]);
  });

  it('cuts smaller what is too much for the server', async () => {
    const { database, server, reload, row } = await begin();
    server.most = 130;
    const writer = new MetricWriter(database, 'r');
    for (let step = 1; step <= 1000; step++) writer.append('loss', step, step, step);
    await writer.flush();
    await updateRun(database, 'r', { status: 'finished' });
    const delivery = await reload();
    for (let turns = 0; turns < 6; turns++) await delivery.turn(never);
    expect(arrived(server)).toEqual(await stored(database));
    expect(await row()).toMatchObject({ state: 'done', error: null });
  });

  it('splits a step that is more than a batch takes', async () => {
    const { database, server, reload } = await begin({ points: 10 });
    const writer = new MetricWriter(database, 'r');
    for (const step of [1, 2])
      for (let metric = 0; metric < 25; metric++) writer.append(`m${metric}`, step, metric, step);
    await writer.flush();
    await updateRun(database, 'r', { status: 'finished' });
    await (await reload()).turn(never);
    expect(arrived(server)).toEqual(await stored(database));
    expect(server.run('r').batches).toHaveLength(6);
  });

  it.each(['unauthorized', 'cors', 'forbidden'] as const)('waits for the user where it is %s', async (code) => {
    const { server, reload, row } = await begin();
    server.fate = () => code;
    await (await reload()).turn(never);
    expect(await row()).toMatchObject({ state: 'blocked', error: { code }, in_flight: null });
  });

  it('passes on that Stop was pressed there', async () => {
    const { database, server, reload, stopped } = await begin();
    const writer = new MetricWriter(database, 'r');
    for (let step = 1; step <= 3; step++) writer.append('loss', step, step, step);
    await writer.flush();
    server.stop = true;
    await (await reload()).turn(never);
    expect(stopped).toEqual(['r']);
  });

  it('leaves off when it is told to, and goes on from there', async () => {
    const { database, server, reload } = await begin({ points: 10 });
    const writer = new MetricWriter(database, 'r');
    for (let step = 1; step <= 100; step++) writer.append('loss', step, step, step);
    await writer.flush();
    await updateRun(database, 'r', { status: 'finished' });
    const delivery = await reload();
    let checks = 0;
    await delivery.turn(() => ++checks > 3);
    expect(server.run('r').batches).toEqual([0, 1, 2]);
    await delivery.turn(never);
    expect(arrived(server)).toEqual(await stored(database));
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('loses and doubles nothing, whatever happens (seed %i)', async (seed) => {
    const random = randomStream(seed, 'deliveries');
    const chance = (share: number): boolean => random.uniform() < share;
    const { database, server, reload } = await begin({ points: 1 + random.integer(300) });
    server.fate = () => (chance(0.7) ? 'well' : chance(0.5) ? 'lost' : chance(0.5) ? 'server' : 'too_many');
    let step = 0;
    let delivery = await reload();
    // The same step always has the same points, as in a run that goes on from a checkpoint; only its times are others.
    const train = async (writer: MetricWriter, until: number): Promise<void> => {
      for (; step < until;) {
        step++;
        writer.append('loss', step, 1 / step, Date.now());
        writer.append('accuracy', step, step, Date.now());
        if (step % 50 === 0) {
          writer.append('val_loss', step, 2 / step, Date.now());
          await addMedia(database, [{ run_id: 'r', name: 'm', step, time: 1, content: { kind: 'text', text: '' } }]);
        }
        if (step % 500 === 0) await appendLog(database, 'r', 'info', `step ${step}`);
      }
      await writer.flush();
    };
    let writer = new MetricWriter(database, 'r');
    for (let round = 0; round < 40; round++) {
      await train(writer, step + random.integer(300));
      if (chance(0.2)) {
        // The page is closed; the run goes on from its latest checkpoint.
        step = Math.max(0, step - random.integer(400));
        writer = new MetricWriter(database, 'r');
        await writer.truncateAfter(step);
        await dropMediaAfter(database, 'r', step);
      }
      if (chance(0.5)) await delivery.turn(() => chance(0.1));
      if (chance(0.3)) delivery = await reload();
    }
    await train(writer, step + 450);
    await updateRun(database, 'r', { status: 'finished', step });
    server.fate = () => 'well';
    await (await reload()).turn(never);
    const untimed = (runs: Record<string, [number, number, number][]>) =>
      Object.fromEntries(
        Object.entries(runs)
          .map(([metric, points]) => [metric, points.map(([at, value]) => [at, value])] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      );
    expect(untimed(arrived(server))).toEqual(untimed(await stored(database)));
    expect(server.run('r').media).toEqual(Array.from({ length: Math.floor(step / 50) }, (_, i) => `m ${50 * (i + 1)}`));
    const lines = await database.getAllFromIndex('logs', 'run_id', 'r');
    expect(server.run('r').lines).toEqual(lines.map(({ message }) => message));
    expect((await reload()).row).toMatchObject({ state: 'done', pending: 0 });
  });
});
