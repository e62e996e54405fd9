import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { encodePieceFrame } from '../../../../src/peers/room/piece-frame';
import { splitLink } from '../../../../src/peers/room/split-link';
import { MemoryNetwork } from '../../../../src/peers/transport/memory-network';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);
const groupFrame = (fill: number, length = 60_000): Uint8Array =>
  new Uint8Array(length).fill(fill).map((value, i) => (i === 0 ? 0x54 : i === 1 ? 0x4c : value));
const pieceFrame = (ticket: number): Uint8Array =>
  encodePieceFrame({ ticket, offset: 0, payload: new Uint8Array(60_000) });

it('keeps the messages and frames of its users apart', async () => {
  const [a, b] = new MemoryNetwork().connect('a', 'b').map(splitLink);
  const heard: string[] = [];
  for (const name of ['group', 'lobby', 'trials'] as const) {
    const lane = b[name];
    lane.onMessage = (message) => heard.push(`${name} ${text(message)}`);
    lane.onFrame = (frame) => heard.push(`${name} frame of ${frame.length}`);
    lane.onClose = (reason) => heard.push(`${name} closed: ${reason}`);
  }
  a.group.send(bytes('view'));
  a.lobby.send(bytes('hello'));
  a.trials.send(bytes('offer'));
  void a.group.sendFrame(groupFrame(1, 100));
  void a.lobby.sendFrame(pieceFrame(1));
  await vi.advanceTimersByTimeAsync(1_000);
  a.lobby.close('enough');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(heard.sort()).toEqual([
    'group closed: enough',
    'group frame of 100',
    'group view',
    'lobby closed: enough',
    'lobby frame of 60016',
    'lobby hello',
    'trials closed: enough',
    'trials offer',
  ]);
});

it('gives what is nobody’s to the group, which counts it', async () => {
  const [a, plain] = new MemoryNetwork().connect('a', 'b');
  const { group } = splitLink(plain);
  const heard: string[] = [];
  group.onMessage = (message) => heard.push(text(message));
  group.onFrame = (frame) => heard.push(`frame of ${frame.length}`);
  a.send(bytes('{"no":"lane"}'));
  a.send(new Uint8Array(0));
  void a.sendFrame(new Uint8Array(3));
  await vi.advanceTimersByTimeAsync(100);
  expect(heard.sort()).toEqual(['frame of 3', '{"no":"lane"}']);
});

it('lets training go first, and a copy go on all the same', async () => {
  // A wire that takes a frame in 60 ms: the group keeps it full for two seconds.
  const [a, b] = new MemoryNetwork({ bandwidth: 1_000_000 }).connect('a', 'b').map(splitLink);
  const order: string[] = [];
  b.group.onFrame = () => order.push('group');
  b.lobby.onFrame = () => order.push('lobby');
  const train = async (): Promise<void> => {
    for (let i = 0; i < 33; i++) await a.group.sendFrame(groupFrame(i));
  };
  const copy = async (): Promise<void> => {
    for (let i = 0; i < 40; i++) await a.lobby.sendFrame(pieceFrame(i));
  };
  void train();
  const copied = copy();
  await vi.advanceTimersByTimeAsync(2_000);
  const during = order.filter((lane) => lane === 'lobby').length;
  expect(during).toBeGreaterThan(0);
  expect(during).toBeLessThan(order.length / 4);
  await vi.advanceTimersByTimeAsync(10_000);
  await copied;
  expect(order.filter((lane) => lane === 'lobby')).toHaveLength(40);
});
