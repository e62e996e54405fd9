import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CompressionChoice, MEASURED, type Measured } from '../../../../src/peers/group/compression-choice';
import type { GroupCodec } from '../../../../src/peers/group/parts';
import { recordedParts } from '../../../helpers/peers/recorded-parts';
import { TestGroup, committedOf } from '../../../helpers/peers/test-group';
import { pass, until, useRealTime, useVirtualTime } from '../../../helpers/peers/virtual-time';

vi.setConfig({ testTimeout: 60_000 });

beforeEach(useVirtualTime);
afterEach(useRealTime);

describe('the choice', () => {
  const after = (name: 'float32' | 'float16' | 'int8', measured: Measured): unknown => {
    const choice = new CompressionChoice();
    for (let i = 1; i < MEASURED; i++) expect(choice.next(name, measured)).toBeNull();
    return choice.next(name, measured);
  };

  test('goes on to fewer bytes where the wire takes too much of a step, and never back', () => {
    const at = (wire: number, roundTrip = 0): Measured => ({ step: 100, wire, roundTrip });
    expect(after('float32', at(30))).toBeNull();
    expect(after('float32', at(40))).toEqual({ name: 'float16' });
    expect(after('float16', at(40))).toBeNull();
    expect(after('float16', at(60))).toEqual({ name: 'int8' });
    expect(after('int8', at(90))).toBeNull();
    expect(after('int8', at(1))).toBeNull();
    // Latency does not shrink with bytes, and little is not worth it.
    expect(after('float32', at(90, 80))).toBeNull();
    expect(after('float32', { step: 12, wire: 8, roundTrip: 0 })).toBeNull();
  });
});

const sizes = (hashes: Map<number, Set<string>>): Set<number> => new Set([...hashes.values()].map(({ size }) => size));

describe('auto', () => {
  test.each([
    ['a fast network stays exact', 1e9, 'float32 (auto)', 0],
    ['a slow one changes once', 2.5e5, 'float16 (auto)', 1],
    ['a very slow one changes twice', 5e4, 'int8 (auto)', 2],
  ])('%s', async (_name, bandwidth, compression, changes) => {
    const { parts, hashes } = recordedParts();
    const net = new TestGroup({
      worldSize: 3,
      parts,
      length: 5_000,
      codec: { name: 'auto' },
      network: { bandwidth, latencyMs: 2 },
      last: 44,
    });
    for (let i = 0; i < 3; i++) net.add();
    const seen = new Set<string>();
    await until(() => {
      for (const { group } of net.peers) if (group.members.length > 0) seen.add(group.status().compression);
      return net.peers.every((peer) => committedOf(peer) === 45);
    });
    for (const { group } of net.peers) expect(group.status().compression).toBe(compression);
    expect(seen.size).toBe(changes + 1);
    expect(sizes(hashes)).toEqual(new Set([1]));
  });
});

const LOSSY: [string, GroupCodec][] = [
  ['int8', { name: 'int8' }],
  ['powersgd', { name: 'powersgd', rank: 2 }],
];

describe.each(LOSSY)('%s', (_name, codec) => {
  test('leaves the same parameters with all, whoever comes and goes', async () => {
    for (const how of ['kill', 'crash', 'leave'] as const) {
      const { parts, hashes } = recordedParts();
      const net = new TestGroup({ worldSize: 2, parts, codec, network: { latencyMs: 5, jitterMs: 5 }, last: 59 });
      net.add();
      net.add();
      await until(() => committedOf(net.peers[0]) > 8);
      // One that joins has no residuals.
      net.add();
      await until(() => net.peers[2].trainer.computed.length > 4);
      await pass(33);
      void net[how](net.peers[1]);
      await until(() => net.alive.every((peer) => committedOf(peer) === 60));
      expect(net.alive).toHaveLength(2);
      expect(sizes(hashes)).toEqual(new Set([1]));
      expect(hashes.size).toBe(48);
    }
  });
});

// PowerSGD begins every view with a fresh guess, so it cannot be told by its bits.
test('int8 remembers nothing of an update that was run again', async () => {
  const run = async (moment: number | null): Promise<{ hash: string | null; again: number; deal: string }> => {
    const net = new TestGroup({
      worldSize: 2,
      codec: { name: 'int8' },
      // Frames take longer than the news that all is computed.
      network: { latencyMs: 5, bandwidth: 30_000 },
      last: 24,
      timing: { silence: 60_000, late: 300 },
    });
    net.add();
    net.add();
    await until(() => net.peers.every((peer) => committedOf(peer) >= 10), 60_000, 1);
    const { epoch } = net.peers[0].group.status();
    if (moment !== null) {
      await pass(moment);
      // Nothing arrives for so long that the step is dealt again: as before, since all was computed.
      net.network.cut([net.peers[0].id], [net.peers[1].id]);
      await pass(2_500);
      net.network.heal();
    }
    await until(() => net.peers.every((peer) => committedOf(peer) === 25));
    const statuses = net.peers.map(({ group }) => group.status());
    expect(statuses[0].parameters_hash).toBe(statuses[1].parameters_hash);
    const deal = net.peers.map(({ trainer }) => [...new Set(trainer.computed)].sort().join()).join('; ');
    return { hash: statuses[0].parameters_hash, again: statuses[0].epoch - epoch, deal };
  };
  const { hash, deal } = await run(null);
  let again = 0;
  for (const moment of [1, 14, 27, 40, 53, 66, 79, 92]) {
    const one = await run(moment);
    // Dealt otherwise, other sums are rounded.
    if (one.deal !== deal) continue;
    again += one.again;
    expect(one.hash).toBe(hash);
  }
  expect(again).toBeGreaterThan(0);
});
