import { afterEach, expect, inject, it } from 'vitest';
import { PeerRoom, type RoomListener } from '../../../src/app/peer-room';
import { parseConfig } from '../../../src/config/parse';
import type { RunConfigInput } from '../../../src/config/schema';
import { importFiles } from '../../../src/data/import';
import { newRoom, type RoomLink } from '../../../src/peers/signalling/room';
import { defaultPeerSettings } from '../../../src/peers/signalling/settings';
import type { GroupStatus } from '../../../src/peers/status';
import type { PeerMessage, TrainerMessage } from '../../../src/peers/trainer-port';
import { databaseBlobs } from '../../../src/store/blobs';
import { openDatabase, type Database } from '../../../src/store/database';
import { putRun } from '../../../src/store/runs';
import type { DatasetRow } from '../../../src/store/schema';
import { setupOf } from '../../helpers/replica-case';
import { runRow } from '../../helpers/run-row';

const server = inject('signalUrl');
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const LINES = 40_000;
const TABLE = `x,y,label\n${Array.from({ length: LINES }, (_, i) => `${i / 8},${(i * 7) % 13},${'ab'[i % 2]}`).join('\n')}\n`;

/** One browser: a database, and what its room told. */
interface Browser {
  database: Database;
  room: PeerRoom;
  groups: GroupStatus[];
  copies: number[];
}

async function database(name: string): Promise<Database> {
  const opened = await openDatabase({}, name);
  undo.push(() => {
    opened.close();
    indexedDB.deleteDatabase(name);
  });
  return opened;
}

const worker = (name: string) => () =>
  new Worker(new URL('./other-peer-worker.ts', import.meta.url), { type: 'module', name });

function listening(): RoomListener & Pick<Browser, 'groups' | 'copies'> {
  const groups: GroupStatus[] = [];
  const copies: number[] = [];
  return {
    groups,
    copies,
    onGroup: (_room, status) => void groups.push(status),
    onStatus: ({ status }) => void (status.copy && copies.push(status.copy.done / status.copy.total)),
  };
}

async function browser(link: RoomLink): Promise<Browser> {
  const name = `test-${crypto.randomUUID()}`;
  const opened = await database(name);
  const listener = listening();
  const room = await PeerRoom.enter(link, defaultPeerSettings(), listener, worker(name));
  undo.push(() => room.close('The test is over.'));
  return { database: opened, room, groups: listener.groups, copies: listener.copies };
}

/** Gives a browser a dataset and a run on it. */
async function withRun({ database: own }: Browser, distributed: object = {}): Promise<DatasetRow> {
  const file = new File([TABLE], 'points.csv');
  const { datasets } = await importFiles([{ path: 'points.csv', file }], databaseBlobs(own));
  const [dataset] = datasets;
  if (dataset.kind !== 'table') throw new Error('points are a table');
  dataset.columns[1].role = 'ignore';
  await own.put('datasets', dataset);
  await addRun(own, 'points-mlp-1', dataset, distributed);
  return dataset;
}

async function addRun(own: Database, name: string, dataset: DatasetRow, distributed: object): Promise<void> {
  const input: RunConfigInput = {
    data: { target: 'label' },
    training: { distributed: { enabled: true, room: 'a secret', ...distributed } },
  };
  await putRun(
    own,
    runRow('run', {
      name,
      config: parseConfig(input),
      dataset_id: dataset.id,
      dataset_hash: dataset.content_hash,
      group: { room: 'a secret', role: 'host' },
    }),
  );
}

/** A trainer that only starts, with weights all of one value. */
function startTrainer(port: MessagePort, value: number): Promise<Extract<PeerMessage, { type: 'started' | 'ended' }>> {
  const setup = setupOf({ name: 'sgd', learning_rate: 0.1, momentum: 0, nesterov: false, weight_decay: 0 }, 1000);
  setup.state.weights.fill(value);
  setup.training = JSON.stringify({ value });
  const answered = new Promise<Extract<PeerMessage, { type: 'started' | 'ended' }>>((resolve) => {
    port.onmessage = ({ data }: MessageEvent<PeerMessage>) => {
      if (data.type === 'started' || data.type === 'ended') resolve(data);
      if (data.type !== 'need_training_state') return;
      port.postMessage({ type: 'training_state', seq: data.seq, training: setup.training } satisfies TrainerMessage);
    };
  });
  port.postMessage({ type: 'start', setup } satisfies TrainerMessage);
  return answered;
}

it('tells a newcomer what is trained, and hands over the dataset', async () => {
  const link = { room: newRoom(), server };
  const host = await browser(link);
  const dataset = await withRun(host);
  await host.room.train({ id: 'run', role: 'host' });
  const guest = await browser(link);

  const { config, roles, ...told } = await guest.room.api.describe();
  expect(told).toMatchObject({
    run_name: 'points-mlp-1',
    dataset: { name: 'points', kind: 'table', examples: LINES, content_hash: dataset.content_hash },
  });
  expect(roles).toEqual(['number', 'ignore', 'label']);
  expect(JSON.stringify(config)).not.toContain('secret');

  const id = await guest.room.api.copy(dataset.content_hash);
  const { id: theirs, created, ...content } = dataset;
  expect(await guest.database.get('datasets', id)).toMatchObject(content);
  expect([theirs, created]).not.toContain(id);
  expect(await guest.database.getAllKeys('blobs')).toEqual(await host.database.getAllKeys('blobs'));
  expect(guest.copies.at(-1)).toBe(1);

  // The same content with the user's own roles is not what the others train on.
  expect(await guest.room.api.withRoles(id, roles)).toBe(id);
  const other = await guest.room.api.withRoles(id, ['number', 'number', 'label']);
  expect(other).not.toBe(id);
  expect(await guest.room.api.withRoles(id, ['number', 'number', 'label'])).toBe(other);
});

it('brings two browsers’ trainers together, and tells both of the group', async () => {
  const link = { room: newRoom(), server };
  const host = await browser(link);
  const dataset = await withRun(host, { world_size: 2 });
  const guest = await browser(link);
  await addRun(guest.database, 'points-mlp-1', dataset, { world_size: 2 });

  const founded = startTrainer((await host.room.train({ id: 'run', role: 'host' })).collective, 1);
  await expect.poll(() => host.groups.at(-1)).toMatchObject({ phase: 'waiting', world_size: 2 });
  const joined = startTrainer((await guest.room.train({ id: 'run', role: 'guest' })).collective, 2);
  const [first, second] = [await founded, await joined];
  if (first.type !== 'started' || second.type !== 'started') throw new Error('the group ended');
  expect(first.start.joined).toBe(false);
  expect(second.start.joined).toBe(true);
  expect(second.start.state.weights).toEqual(first.start.state.weights);
  expect(second.start.training).toBe('{"value":1}');
  await expect.poll(() => guest.groups.at(-1)?.phase).toBe('training');
  expect(guest.groups.at(-1)?.peers.map(({ state }) => state)).toEqual(['member', 'member']);

  // A host that comes back finds its group, and does not begin another.
  await host.room.close('Its tab was closed.');
  const back = await browser(link);
  await addRun(back.database, 'points-mlp-1', dataset, { world_size: 2 });
  const again = await startTrainer((await back.room.train({ id: 'run', role: 'host' })).collective, 3);
  expect(again).toMatchObject({ type: 'started', start: { joined: true, training: '{"value":1}' } });
});

it('connects two browsers without any server', async () => {
  // Nobody answers there: the host is alone at its signalling.
  const host = await browser({ room: newRoom(), server: 'ws://127.0.0.1:9/signal' });
  await withRun(host);
  await host.room.train({ id: 'run', role: 'host' });
  const offer = await host.room.offerPairing();
  const name = `test-${crypto.randomUUID()}`;
  await database(name);
  const { room, code } = await PeerRoom.answer(offer, defaultPeerSettings(), listening(), worker(name));
  undo.push(() => room.close('The test is over.'));
  await host.room.acceptPairing(code);
  expect(await room.api.describe()).toMatchObject({ run_name: 'points-mlp-1' });
  expect(room.status).toMatchObject({ signalling: { state: 'none' }, connected: 1 });
  expect(host.room.status).toMatchObject({ signalling: { state: 'closed' }, connected: 1 });
});
