import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { hostedRun } from '../../../src/app/hosted-run';
import { parseConfig } from '../../../src/config/parse';
import { newRoom, roomLinkText } from '../../../src/peers/signalling/room';

beforeEach(() => void vi.stubGlobal('location', { href: 'http://localhost:4173/#/train' }));
afterEach(() => void vi.unstubAllGlobals());

const configWith = (room: string | null) => parseConfig({ training: { distributed: { enabled: true, room } } });

it('keeps the room of a run beside its config, which others may see', () => {
  const link = { room: newRoom(), server: 'ws://192.168.1.5:4173/signal' };
  const { config, group } = hostedRun(configWith(`http://localhost:4173/#/join/${roomLinkText(link)}`));
  expect(group).toEqual({ room: roomLinkText(link), role: 'host' });
  expect(config.training.distributed).toMatchObject({ enabled: true, room: null });
  expect(JSON.stringify(config)).not.toContain(link.room.secret);
});

it('makes a new room where the config names none, another each time', () => {
  const [one, other] = [hostedRun(configWith(null)), hostedRun(configWith(null))];
  expect(one.group.room).toMatch(/^[\w-]{22}\.[\w-]{22}$/);
  expect(one.group.room).not.toBe(other.group.room);
});

it('refuses what is no link', () => {
  expect(() => hostedRun(configWith('room 7'))).toThrow('This is no link to a room');
});
