import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProgressEvent } from '../../../bin/events';
import { Terminal } from '../../../bin/terminal';

let said: string[];

beforeEach(() => {
  said = [];
  vi.useFakeTimers();
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.push(String(text).trimEnd());
    return true;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

type Group = Extract<ProgressEvent, { event: 'group' }>;
type Room = Extract<ProgressEvent, { event: 'room' }>;

const peer = (id: string, state: Group['peers'][number]['state'], self = false): Group['peers'][number] => ({
  id,
  member: 1,
  self,
  name: id,
  adapter: null,
  state,
  samples_per_second: 100,
  items: 4,
  round_trip_ms: 1,
  sent: 0,
  received: 0,
  late: 0,
});

const group = (change: Partial<Group> = {}): Group => ({
  event: 'group',
  run_id: 'run',
  phase: 'training',
  reason: null,
  world_size: 2,
  epoch: 2,
  committed: 0,
  peers: [peer('me', 'member', true), peer('anna', 'member')],
  compression: 'float32',
  parts: null,
  communicating: null,
  with_one_more_ms: null,
  dropped: {},
  parameters_hash: null,
  ...change,
});

const room = (change: Partial<Room> = {}): Room => ({
  event: 'room',
  run_id: 'run',
  link: 'http://localhost:4173/#/join/room.secret',
  role: 'guest',
  signalling: { state: 'open', address: null, reason: null },
  connected: 1,
  copy: null,
  examples: null,
  ...change,
});

describe('what is said of a group', () => {
  it('to people: who trains, when that changes, and not how it ended', () => {
    const terminal = new Terminal({ json: false });
    terminal.progress(group());
    terminal.progress(group({ committed: 1 }));
    terminal.progress(group({ peers: [peer('me', 'member', true), peer('anna', 'lost')] }));
    terminal.progress(group({ phase: 'over', reason: 'Its run left the trainer.' }));
    expect(said).toEqual([
      'Training with 1 other: anna.',
      'anna is not heard of any more. Training alone in the group; others can join.',
    ]);
  });

  it('to programs: at once when something happens, else every few seconds', () => {
    const terminal = new Terminal({ json: true });
    for (let committed = 0; committed < 20; committed++) {
      terminal.progress(group({ committed }));
      vi.advanceTimersByTime(500);
    }
    expect(said.map((line) => (JSON.parse(line) as Group).committed)).toEqual([0, 10]);
    terminal.progress(group({ committed: 20, dropped: { stranger: 1 } }));
    terminal.progress(group({ committed: 20, dropped: { stranger: 1 }, phase: 'over' }));
    expect(said).toHaveLength(4);
  });
});

describe('what is said of a room', () => {
  const gone = { state: 'closed' as const, address: null, reason: 'The signalling server went away.' };

  it('that its server went and came, once', () => {
    const terminal = new Terminal({ json: false });
    terminal.progress(room());
    terminal.progress(room({ signalling: gone }));
    terminal.progress(room({ signalling: gone, connected: 2 }));
    terminal.progress(room());
    terminal.progress(room({ connected: 0 }));
    expect(said).toEqual(['The signalling server went away.', 'The signalling server is there again.']);
  });

  it('that a copy is there, not that one was broken off', () => {
    const terminal = new Terminal({ json: false });
    const copy = (done: number): Room['copy'] => ({ name: 'digits', done, total: 10, sources: 1 });
    for (const state of [copy(5), null, copy(5), copy(10), null]) terminal.progress(room({ copy: state }));
    expect(said).toEqual(['Copied digits.']);
  });
});
