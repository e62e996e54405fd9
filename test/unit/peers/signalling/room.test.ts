import { describe, expect, it } from 'vitest';
import {
  newPeerId,
  newRoom,
  onThisMachineOnly,
  parseRoomLink,
  roomLink,
  serverForLink,
  signallingOfPage,
} from '../../../../src/peers/signalling/room';

const room = { id: 'AAECAwQFBgcICQoLDA0ODw', secret: 'EBESExQVFhcYGRobHB0eHw' };
const LOCAL = 'http://localhost:4173/';
const HOSTED = 'https://lathe.example/app/?driven#/runs';

describe('the link of a room', () => {
  it('comes back as it was, with the server and without', () => {
    for (const page of [LOCAL, HOSTED]) {
      for (const server of [
        null,
        'ws://192.168.1.5:4173/signal',
        'wss://meet.example/signal',
        'wss://meet.example:99/x/y',
      ]) {
        expect(parseRoomLink(roomLink({ room, server }, page), page)).toEqual({ room, server });
      }
    }
  });

  it('is short, and holds everything in its fragment', () => {
    const url = new URL(roomLink({ room, server: 'ws://192.168.1.5:4173/signal' }, HOSTED));
    expect(url.hash).toBe(`#/join/${room.id}.${room.secret}@ws:192.168.1.5:4173`);
    expect(url.href).not.toContain('driven');
  });

  it('is read as people paste it: with blanks, escaped by a chat, or only its last part', () => {
    const link = roomLink({ room, server: 'ws://192.168.1.5:4173/signal' }, LOCAL);
    const expected = { room, server: 'ws://192.168.1.5:4173/signal' };
    expect(parseRoomLink(`  ${link}\n`, LOCAL)).toEqual(expected);
    expect(parseRoomLink(link.replace('@ws:', '%40ws%3A'), LOCAL)).toEqual(expected);
    expect(parseRoomLink(link.split('#/join/')[1], LOCAL)).toEqual(expected);
  });

  it('means the server of the page that it comes from, unless that is everybody’s localhost', () => {
    const hosted = roomLink({ room, server: null }, HOSTED);
    expect(parseRoomLink(hosted, LOCAL).server).toBe('wss://lathe.example/app/signal');
    expect(parseRoomLink(hosted, HOSTED).server).toBeNull();
    expect(parseRoomLink(roomLink({ room, server: null }, LOCAL), 'http://localhost:5000/').server).toBeNull();
  });

  it.each([
    '',
    'hello',
    `${LOCAL}#/join/`,
    `${room.id}`,
    `${room.id}.${room.secret.slice(1)}`,
    `${room.id}.${room.secret}x`,
    `${room.id}.${room.secret}@`,
    `${room.id}.${room.secret}@javascript:alert(1)`,
    '%',
  ])('is refused when it is %j', (text) => {
    expect(() => parseRoomLink(text, LOCAL)).toThrow(/is no (link|address)/);
  });

  it('names the server as others reach it', () => {
    const own = signallingOfPage(LOCAL);
    expect(own).toBe('ws://localhost:4173/signal');
    expect(serverForLink(own, ['ws://192.168.1.5:4173/signal'], LOCAL)).toBe('ws://192.168.1.5:4173/signal');
    expect(serverForLink(own, [], LOCAL)).toBeNull();
    expect(serverForLink('wss://lathe.example/app/signal', [], HOSTED)).toBeNull();
    expect(serverForLink('wss://meet.example/signal', [], LOCAL)).toBe('wss://meet.example/signal');
  });

  it('says when only this machine can follow it', () => {
    expect(onThisMachineOnly(null, LOCAL)).toBe(true);
    expect(onThisMachineOnly('ws://192.168.1.5:4173/signal', LOCAL)).toBe(false);
    expect(onThisMachineOnly(null, HOSTED)).toBe(false);
  });
});

describe('a room', () => {
  it('is another one every time', () => {
    const rooms = Array.from({ length: 50 }, newRoom);
    expect(new Set(rooms.flatMap(({ id, secret }) => [id, secret])).size).toBe(100);
    expect(newPeerId()).toMatch(/^[0-9a-f]{16}$/);
  });
});
