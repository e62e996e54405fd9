/** What the pages read off the status of a group. */
import { describe, expect, it } from 'vitest';
import type { GroupStatus, PeerStatus } from '../../../src/peers/status';
import { newsOf } from '../../../src/ui/group-news';
import {
  awaitedOf,
  coordinatorOf,
  isForThisMachine,
  inOrder,
  oneMoreInWords,
  othersInWords,
  peerName,
  readPairingCode,
  readRoomLink,
  sizeInWords,
  stepShares,
  throughputOf,
} from '../../../src/ui/groups';
import { groupOf, peerAt, TOKEN } from '../../helpers/groups';

const plain = (text: string | null): string | null => text?.replaceAll('\u202f', ' ') ?? null;

describe('a group in words', () => {
  it('lists members by number, newcomers after them, the gone last', () => {
    const peers = [
      peerAt(4, { state: 'lost' }),
      peerAt(3, { state: 'joining', member: null }),
      peerAt(2),
      peerAt(1, { state: 'left' }),
      peerAt(0),
    ];
    expect(inOrder(peers).map(({ state, name }) => `${state} ${name}`)).toEqual([
      'member Ada',
      'member Alan',
      'joining Katherine',
      'left Grace',
      'lost Edsger',
    ]);
  });

  it('has the lowest member that still trains coordinate', () => {
    const group = groupOf(3);
    expect(coordinatorOf(group)).toBe(1);
    expect(coordinatorOf({ ...group, peers: [peerAt(0, { state: 'lost' }), ...group.peers.slice(1)] })).toBe(2);
    expect(coordinatorOf({ ...group, peers: [] })).toBeNull();
  });

  it('adds the throughput of members only, and says when there is none yet', () => {
    const group = groupOf(2, {
      peers: [
        peerAt(0, { samples_per_second: 100 }),
        peerAt(1, { samples_per_second: 50 }),
        peerAt(2, { samples_per_second: 1000, state: 'lost' }),
      ],
    });
    expect(throughputOf(group)).toBe(150);
    expect(throughputOf({ ...group, peers: [peerAt(0, { samples_per_second: null })] })).toBeNull();
  });

  it('counts whoever is connected among the awaited, and nobody who left', () => {
    const peers = [peerAt(0), peerAt(1, { state: 'joining' }), peerAt(2, { state: 'left' })];
    const group = groupOf(0, { phase: 'waiting', world_size: 4, peers });
    expect(awaitedOf(group)).toEqual({ here: 2, missing: 2 });
    expect(sizeInWords(group)).toBe('2 of 4 peers');
    expect(sizeInWords({ ...group, phase: 'training' })).toBe('1 peer');
    expect(othersInWords(group)).toBe('1 joins, 1 gone');
    expect(othersInWords(groupOf(2))).toBeNull();
  });

  it('says what one more peer would change', () => {
    const parts = { step: 50, compute: 40, communicate: 5, update: 3, commit: 2 };
    const words = (with_one_more_ms: number | null): string | null =>
      plain(oneMoreInWords(groupOf(2, { parts, with_one_more_ms })));
    expect(words(40)).toBe('20.0 % less');
    expect(words(50.1)).toBe('as long as now');
    expect(words(55)).toBe('10.0 % more: it does not pay');
    expect(words(null)).toBeNull();
    expect(oneMoreInWords(groupOf(2, { parts: null }))).toBeNull();
  });

  it('calls a peer without a name by its id', () => {
    expect(peerName(peerAt(0, { name: '  ', id: '12ab000000000000' }))).toBe('Peer 12ab');
  });
});

describe('the parts of a step', () => {
  it('come to the whole, with what none of them explains', () => {
    const shares = stepShares({ step: 50, compute: 30, communicate: 10, update: 4, commit: 1 });
    expect(shares.map(({ key, ms }) => [key, ms])).toEqual([
      ['compute', 30],
      ['communicate', 10],
      ['update', 4],
      ['commit', 1],
      ['rest', 5],
    ]);
    expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  });

  it('never overflow a bar where they overlap', () => {
    const shares = stepShares({ step: 30, compute: 30, communicate: 10, update: 4, commit: 6 });
    expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    expect(shares.at(-1)?.ms).toBe(0);
  });

  it('keep their places before anything was measured', () => {
    const shares = stepShares(null);
    expect(shares).toHaveLength(5);
    expect(shares.every(({ ms, share }) => ms === null && share === 0)).toBe(true);
  });
});

describe('a link to a room', () => {
  const here = 'https://lathe.example/app/#/peers';
  const path = `/join/${TOKEN}`;

  it('is read whole, in part, and with the address of its signalling server', () => {
    expect(readRoomLink(`  https://lathe.example/app/#/join/${TOKEN}\n`, here)).toEqual({ token: TOKEN, path });
    expect(readRoomLink(`#/join/${TOKEN}`, here)).toEqual({ token: TOKEN, path });
    expect(readRoomLink(TOKEN, here)).toEqual({ token: TOKEN, path });
    expect(readRoomLink(`https://lathe.example/app/#/join/${TOKEN}@ws:192.168.1.5:4173`, here)).toEqual({
      token: TOKEN,
      path: `${path}@ws:192.168.1.5:4173`,
    });
  });

  it('of another page is kept whole: that page’s server introduces', () => {
    const link = `https://other.example/#/join/${TOKEN}`;
    const read = readRoomLink(link, here);
    expect(read).toEqual({ token: TOKEN, path: `/join/${encodeURIComponent(link)}` });
    expect(readRoomLink(decodeURIComponent(read?.path.slice('/join/'.length) ?? ''), here)).toEqual(read);
  });

  it.each(['', 'https://lathe.example/', `https://lathe.example/#/join/${TOKEN.slice(0, 20)}`, `join us at ${TOKEN}!`])(
    'is not found in %j',
    (text) => expect(readRoomLink(text, here)).toBeNull(),
  );
});

it('a pairing code is found in a link and in a message, and put together where that broke it', () => {
  expect(readPairingCode('https://lathe.example/#/join/LATHE-A.abc-_9')).toBe('LATHE-A.abc-_9');
  expect(readPairingCode('my code: LATHE-B.abc\n  def \n')).toBe('LATHE-B.abcdef');
  expect(readPairingCode(TOKEN)).toBeNull();
});

it('a link of localhost that names no server is for this machine', () => {
  expect(isForThisMachine(`http://localhost:4173/#/join/${TOKEN}`)).toBe(true);
  expect(isForThisMachine(`http://127.0.0.1:4173/#/join/${TOKEN}`)).toBe(true);
  expect(isForThisMachine(`http://localhost:4173/#/join/${TOKEN}@ws:192.168.1.5:4173`)).toBe(false);
  expect(isForThisMachine(`http://localhost:4173/#/join/${TOKEN}@ws:localhost:4173`)).toBe(true);
  expect(isForThisMachine(`https://lathe.example/#/join/${TOKEN}`)).toBe(false);
});

describe('news', () => {
  const messages = (before: GroupStatus | undefined, after: GroupStatus): string[] =>
    newsOf(before, after).map(({ message }) => message);
  const withPeers = (...peers: PeerStatus[]): GroupStatus => groupOf(0, { peers });

  it('are none of a group that was not heard of before, and none where nothing changed', () => {
    expect(messages(undefined, groupOf(4))).toEqual([]);
    expect(messages(groupOf(4), groupOf(4))).toEqual([]);
  });

  it('name who joined once it takes part, not when it connects', () => {
    const alone = withPeers(peerAt(0));
    const connecting = withPeers(peerAt(0), peerAt(1, { state: 'joining', member: null }));
    expect(messages(alone, connecting)).toEqual([]);
    expect(messages(connecting, withPeers(peerAt(0), peerAt(1)))).toEqual(['Grace joined']);
    expect(messages(alone, groupOf(3))).toEqual(['Grace and Alan joined']);
    expect(messages(alone, groupOf(9))).toEqual(['8 peers joined']);
  });

  it('tell leaving from being lost, once', () => {
    const after = withPeers(peerAt(0), peerAt(1, { state: 'left' }), peerAt(2, { state: 'lost' }));
    expect(messages(groupOf(3), after)).toEqual(['Grace left', 'Lost Alan']);
    expect(messages(after, after)).toEqual([]);
    expect(newsOf(groupOf(3), after).at(-1)?.level).toBe('warning');
  });

  it('say of a cut only that there is one, and that it is over', () => {
    const cut = groupOf(0, { phase: 'alone', peers: [peerAt(0), peerAt(1, { state: 'lost' })] });
    expect(messages(groupOf(2), cut)).toEqual(['Cut off from the others']);
    expect(messages(cut, cut)).toEqual([]);
    expect(messages(cut, groupOf(2))).toEqual(['Back with the others']);
  });

  it('say that this browser takes part, and not that the others joined it', () => {
    const learning = groupOf(0, { phase: 'joining', peers: [peerAt(0, { state: 'joining' }), peerAt(1)] });
    expect(messages(learning, learning)).toEqual([]);
    expect(messages(learning, groupOf(2))).toEqual(['Training with the others']);
  });

  it('say why a group is over, once', () => {
    const over = groupOf(1, { phase: 'over', reason: 'Everybody stopped.' });
    expect(newsOf(groupOf(2), over)).toMatchObject([
      { message: 'No longer training together', description: 'Everybody stopped.' },
    ]);
    expect(messages(over, over)).toEqual([]);
    expect(messages(groupOf(2), { ...over, reason: null })).toEqual([]);
  });
});
