/** Runs of trials that are handed from one browser's database to another's, over a network in memory. */
import { expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../../../src/config/parse';
import { Lobby, type LobbyContent } from '../../../../src/peers/room/lobby';
import { splitLink } from '../../../../src/peers/room/split-link';
import { TrialExchange, type TrialEvent } from '../../../../src/peers/room/trial-exchange';
import { MemoryNetwork } from '../../../../src/peers/transport/memory-network';
import { loadCheckpoint, writeCheckpoint } from '../../../../src/store/checkpoints';
import type { Database } from '../../../../src/store/database';
import { appendLog, readLog } from '../../../../src/store/logs';
import { MetricWriter, readMetrics } from '../../../../src/store/metrics';
import { getRun, putRun, updateRun } from '../../../../src/store/runs';
import type { TextDatasetRow } from '../../../../src/store/schema';
import { getStudy, putStudy } from '../../../../src/store/studies';
import { syntheticStudy } from '../../../helpers/synthetic-study';
import { runRow } from '../../../helpers/run-row';
import { checkpoint, freshDatabase } from '../../store/helpers';

const HASH = 'ab'.repeat(32);
const POINTS = 3000;

const DATASET: TextDatasetRow = {
  id: 'tales',
  name: 'tales',
  kind: 'text',
  created: 1,
  deleted_at: null,
  content_hash: HASH,
  examples: 1,
  test_examples: 0,
  bytes: 0,
  source: { files: [], sample: null },
  notices: [],
  distinct: 1,
  top: [],
  chunks: [],
};

/** One browser. */
interface Side {
  database: Database;
  exchange: TrialExchange;
  events: TrialEvent[];
}

async function side(): Promise<Side & { lobby: Lobby }> {
  const database = await freshDatabase();
  await database.put('datasets', DATASET);
  const events: TrialEvent[] = [];
  const content = (): LobbyContent => {
    if (!exchange.content) throw new Error('It takes no part yet.');
    return exchange.content;
  };
  const lobby = new Lobby({
    describe: () => content().describe(),
    manifest: (hash) => content().manifest(hash),
    checkpoint: (step) => content().checkpoint(step),
    kept: () => content().kept(),
    blob: (hash) => content().blob(hash),
  });
  const exchange: TrialExchange = new TrialExchange(database, lobby, (event) => events.push(event));
  onTestFinished(() => exchange.close());
  return { database, exchange, events, lobby };
}

/** A host with a study and a guest that has trained a trial of it, whose run is `run`. */
async function pair(): Promise<{ host: Side & { lobby: Lobby }; guest: Side; network: MemoryNetwork }> {
  const [host, guest] = await Promise.all([side(), side()]);
  const { study, trials } = syntheticStudy({ id: 's', trials: 4, status: 'running' });
  await putStudy(host.database, { ...study, dataset_id: DATASET.id }, trials);
  const network = new MemoryNetwork({ latencyMs: 1 });
  const [here, there] = network.connect('host', 'guest').map((link) => splitLink(link));
  host.lobby.addLink('guest', here.lobby);
  host.exchange.addLink({ id: 'guest', name: 'Ada', adapter: null }, here.trials);
  guest.lobby.addLink('host', there.lobby);
  guest.exchange.addLink({ id: 'host', name: '', adapter: null }, there.trials);
  await host.exchange.open({ role: 'host', study_id: 's' });
  await guest.exchange.open({ role: 'guest', dataset_id: DATASET.id });

  await putRun(guest.database, runRow('run', { study_id: 'helped:room', trial: 3 }));
  const writer = new MetricWriter(guest.database, 'run');
  for (let step = 1; step <= POINTS; step++) writer.append('train_loss', step, 1 / step, 1000 + step);
  writer.append('val_loss', 10, NaN, 5);
  await writer.flush();
  await appendLog(guest.database, 'run', 'warning', 'It is slow.', 7);
  const { row, blobs } = await checkpoint('run', 8);
  await writeCheckpoint(guest.database, row, blobs, { best: true });
  await updateRun(guest.database, 'run', {
    status: 'finished',
    step: 16,
    epoch: 2,
    seconds: 3,
    latest: { val_loss: NaN },
  });
  return { host, guest, network };
}

it('are the same there, with curves, log and checkpoint, under the host’s own names', async () => {
  const { host, guest } = await pair();
  const sent = await guest.exchange.pack('run');
  const own = runRow('mine', { study_id: 's', trial: 3, config: parseConfig({ name: 's-3' }) });
  await host.exchange.take('guest', sent, own);

  const [theirs, stored] = await Promise.all([getRun(guest.database, 'run'), getRun(host.database, 'mine')]);
  expect(stored).toMatchObject({
    id: 'mine',
    study_id: 's',
    trial: 3,
    status: 'finished',
    step: 16,
    latest: { val_loss: NaN },
  });
  expect(stored.config.name).toBe('s-3');
  expect(await readMetrics(host.database, 'mine')).toEqual(await readMetrics(guest.database, 'run'));
  expect(await readLog(host.database, 'mine')).toMatchObject([{ at: 7, level: 'warning', message: 'It is slow.' }]);
  const [before, after] = await Promise.all([
    loadCheckpoint(guest.database, theirs.best_checkpoint ?? ''),
    loadCheckpoint(host.database, stored.best_checkpoint ?? ''),
  ]);
  expect(after.weights).toEqual(before.weights);
  expect(after.optimizer).toEqual(before.optimizer);
  expect(after.state).toEqual(before.state);
  expect(after.row.bytes).toBe(12 + after.row.state.length);
  expect(stored.latest_checkpoint).toBe(stored.best_checkpoint);
});

it('are not there at all where they do not come whole', async () => {
  const { host, guest, network } = await pair();
  const own = runRow('mine');
  const sent = await guest.exchange.pack('run');
  const other = { ...sent, curves: { ...sent.curves, blob: { ...sent.curves.blob, hash: HASH } } };
  const lie = { ...sent, curves: { ...sent.curves, series: [{ metric: 'train_loss', points: 1 }] } };
  await expect(host.exchange.take('guest', lie, own)).rejects.toThrow('not as long as it says');
  const going = host.exchange.take('guest', other, own);
  going.catch(() => undefined);
  network.crash('guest');
  await expect(going).rejects.toThrow('gone');
  await expect(host.exchange.take('guest', sent, own)).rejects.toThrow('gone');
  expect(await host.database.getAllKeys('runs')).toEqual([]);
  expect(await host.database.getAllKeys('metrics')).toEqual([]);
  expect(host.events.at(-1)).toEqual({ type: 'trial_gone', id: 'guest' });
});

it('are handed out only while they are wanted, and only where they have ended', async () => {
  const { guest } = await pair();
  const sent = await guest.exchange.pack('run');
  const content = guest.exchange.content;
  expect(await content?.blob(sent.curves.blob.hash)).toHaveProperty('size', (POINTS + 1) * 24);
  content?.release('run');
  expect(await content?.blob(sent.curves.blob.hash)).toBeNull();
  await updateRun(guest.database, 'run', { status: 'running' });
  await expect(guest.exchange.pack('run')).rejects.toThrow('only one that has ended');
});

it('belong to a search that its host describes, and messages pass', async () => {
  const { host, guest } = await pair();
  const description = await host.exchange.content?.describe();
  const { counts } = await getStudy(host.database, 's');
  const done = counts.complete + counts.pruned + counts.failed;
  expect(description).toMatchObject({ dataset: { content_hash: HASH }, group: null, search: { done } });
  expect(await guest.exchange.content?.describe()).toBeNull();
  guest.exchange.send('host', { type: 'offer', slots: 2 });
  await expect
    .poll(() => host.events)
    .toContainEqual({ type: 'trial_message', from: 'guest', message: { type: 'offer', slots: 2 } });
  expect(host.events[0]).toEqual({ type: 'trial_peer', peer: { id: 'guest', name: 'Ada', adapter: null } });
});
