import { expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../../../src/config/parse';
import type { RoomEvent } from '../../../../src/peers/room/api';
import { Room, type GroupEngine, type GroupOrder } from '../../../../src/peers/room/room';
import type { GroupStatus } from '../../../../src/peers/status';
import { putRun } from '../../../../src/store/runs';
import { setupOf } from '../../../helpers/replica-case';
import { runRow } from '../../../helpers/run-row';
import { freshDatabase } from '../../store/helpers';

const STATUS: GroupStatus = {
  phase: 'training',
  reason: null,
  world_size: 1,
  epoch: 1,
  committed: 0,
  peers: [],
  compression: 'float32',
  parts: null,
  communicating: null,
  with_one_more_ms: null,
  dropped: {},
  parameters_hash: null,
};

/** A room whose group does nothing but note what is asked of it. */
async function roomWith(role: 'host' | 'guest', distributed: object) {
  const database = await freshDatabase();
  const config = parseConfig({ training: { distributed: { enabled: true, ...distributed } } });
  await putRun(database, runRow('run', { config, dataset_hash: 'ab'.repeat(32) }));
  const proof = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
  const events: RoomEvent[] = [];
  const asked: string[] = [];
  const status = { ...STATUS };
  let order: GroupOrder | null = null;
  const engine: GroupEngine = {
    addLink: (id) => void asked.push(`link ${id}`),
    found: () => void asked.push('found'),
    join: () => void asked.push('join'),
    receive: ({ type }) => void asked.push(type),
    trainerGone: () => void asked.push('trainer gone'),
    countDrop: (reason) => void asked.push(reason),
    status: () => ({ ...status }),
    leave: async (reason) => void asked.push(reason),
  };
  const me = { id: '0123456789abcdef', name: null, adapter: null };
  const room = new Room(
    database,
    { proof, me, witness: true },
    (event) => events.push(event),
    (given) => {
      order = given;
      return engine;
    },
  );
  onTestFinished(() => room.close('The test is over.'));
  const start = async (): Promise<void> => {
    const { port1, port2 } = new MessageChannel();
    await room.train('run', role, port1, new MessageChannel().port1);
    const plain = { name: 'sgd', learning_rate: 1, momentum: 0, nesterov: false, weight_decay: 0 } as const;
    port2.postMessage({ type: 'start', setup: setupOf(plain, 4) });
  };
  return { room, events, asked, status, start, order: () => order };
}

it('founds a group where nobody else is, and gives a later trainer the same one', async () => {
  const { room, asked, start } = await roomWith('host', {});
  room.countDrop('stranger');
  room.expect([]);
  await start();
  await expect.poll(() => asked).toEqual(['stranger', 'found', 'start']);
  await start();
  await expect.poll(() => asked).toEqual(['stranger', 'found', 'start', 'trainer gone', 'start']);
});

it('asks the witness through the page', async () => {
  const { room, events, start, order } = await roomWith('guest', {});
  await start();
  await expect.poll(order).not.toBeNull();
  const claim = (): Promise<boolean> => order()?.witness?.claim('g', 7, [1, 2]) ?? Promise.reject(new Error('none'));
  const ask = async (granted: boolean | null): Promise<boolean> => {
    const answer = claim();
    const event = events.findLast(({ type }) => type === 'claim');
    if (event?.type !== 'claim') throw new Error('nothing was claimed');
    expect(event).toMatchObject({ group: 'g', base: 7, members: [1, 2] });
    room.claimed(event.ticket, granted);
    return answer;
  };
  expect(await ask(true)).toBe(true);
  expect(await ask(false)).toBe(false);
  await expect(ask(null)).rejects.toThrow('cannot be reached');
});

it('gives up after it was alone for as long as a group is waited for', async () => {
  const { asked, status, start, events } = await roomWith('guest', { wait_minutes: 0.005 });
  await start();
  await expect.poll(() => events.filter(({ type }) => type === 'group').length).toBeGreaterThan(2);
  expect(asked).toEqual(['join', 'start']);
  status.phase = 'alone';
  await expect.poll(() => asked.at(-1), { timeout: 5_000 }).toContain('The others of the group were not heard of');
});
