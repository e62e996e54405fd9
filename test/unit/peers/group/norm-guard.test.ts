import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import type { CodecConfig } from '../../../../src/peers/compression/codec';
import { NormGuard, type Contribution } from '../../../../src/peers/group/norm-guard';
import { Chronicle } from '../../../helpers/peers/chronicle';
import { TestGroup, committedOf, type SimpleTrainer } from '../../../helpers/peers/test-group';
import { pass, until, useRealTime, useVirtualTime } from '../../../helpers/peers/virtual-time';

// On a machine that others use, too.
vi.setConfig({ testTimeout: 60_000 });

describe('the guard', () => {
  const sum = (source: number, items: number[], norm: number): Contribution => ({ source, items, norm });
  const usual = [sum(1, [0, 1], 2), sum(2, [2, 3], 2), sum(3, [4, 5], 2)];

  test('asks about the member that stands out, and knows it again by what others compute', () => {
    const guard = new NormGuard();
    expect(guard.look(0, usual)).toEqual({ verdict: 'fine' });
    const poisoned = [usual[0], usual[1], sum(3, [4], 1), sum(3, [5], 1_000)];
    expect(guard.look(1, poisoned)).toEqual({ verdict: 'suspect', source: 3 });
    expect(guard.avoided(1)).toBe(3);
    expect(guard.avoided(2)).toBeNull();
    const again = [sum(1, [0, 1, 4], 3), sum(2, [2, 3, 5], 3)];
    expect(guard.look(1, again)).toEqual({ verdict: 'guilty', source: 3, reason: 'norm' });
    expect(guard.look(1, again)).toEqual({ verdict: 'fine' });
  });

  test('takes what others compute alike for the data’s doing', () => {
    const guard = new NormGuard();
    expect(guard.look(1, [usual[0], usual[1], sum(3, [4, 5], 1_000)])).toMatchObject({ verdict: 'suspect' });
    expect(guard.look(1, [usual[0], sum(2, [2, 3, 4, 5], 990)])).toEqual({ verdict: 'fine' });
  });

  test('lets everything pass where recent updates were as large, or nothing is known', () => {
    const guard = new NormGuard();
    expect(guard.look(0, [sum(1, [0, 1], 1e9)])).toEqual({ verdict: 'fine' });
    for (let i = 0; i < 3; i++) guard.committed([sum(1, [0], 900), sum(2, [1], 800)]);
    expect(guard.look(3, [sum(1, [0], 1), sum(2, [1], 1_000)])).toEqual({ verdict: 'fine' });
  });

  test('asks about numbers that are not finite, where those of most are', () => {
    const guard = new NormGuard();
    const broken = [usual[0], sum(2, [2, 3], Infinity), usual[2]];
    expect(guard.look(0, broken)).toEqual({ verdict: 'suspect', source: 2 });
    const again = [sum(1, [0, 1, 2], 3), sum(3, [3, 4, 5], 3)];
    expect(guard.look(0, again)).toEqual({ verdict: 'guilty', source: 2, reason: 'not_finite' });
    // Before anything is known, and where gradients are zero.
    expect(guard.look(1, [sum(1, [0], 0), sum(2, [1], Infinity)])).toEqual({ verdict: 'suspect', source: 2 });
    expect(guard.look(1, [sum(1, [0, 1], Infinity)])).toEqual({ verdict: 'fine' });
    expect(
      guard.look(
        2,
        broken.map((one) => ({ ...one, norm: Infinity })),
      ),
    ).toEqual({ verdict: 'fine' });
  });

  test('holds a single contributor against recent updates', () => {
    const guard = new NormGuard();
    guard.committed(usual);
    expect(guard.look(1, [sum(2, [0, 1], 1_000)])).toEqual({ verdict: 'suspect', source: 2 });
    expect(guard.look(1, [sum(1, [0, 1], 1)])).toEqual({ verdict: 'guilty', source: 2, reason: 'norm' });
  });
});

describe('in a group', () => {
  beforeEach(useVirtualTime);
  afterEach(useRealTime);

  const LAST = 23;

  async function groupOf(
    members: number,
    disturb: (at: number) => SimpleTrainer['disturb'] | null,
    from = 3,
    codec: CodecConfig = { name: 'float32' },
  ): Promise<TestGroup> {
    const net = new TestGroup({ worldSize: members, last: LAST, network: { latencyMs: 5 }, codec });
    for (let i = 0; i < members; i++) net.add();
    await until(() => net.peers.every((peer) => committedOf(peer) >= from));
    for (const [at, { trainer }] of net.peers.entries()) trainer.disturb = disturb(at) ?? trainer.disturb;
    return net;
  }

  /** What an honest group ends with. */
  async function honest(disturb: SimpleTrainer['disturb'] = () => undefined): Promise<string | null> {
    const net = await groupOf(1, () => disturb, 0);
    await until(() => committedOf(net.peers[0]) === LAST + 1);
    return net.peers[0].group.status().parameters_hash;
  }

  const noise = randomStream(1, 'noise');
  const larger: SimpleTrainer['disturb'] = (gradient) => gradient.forEach((g, i) => (gradient[i] = 1e4 * g));
  const random: SimpleTrainer['disturb'] = (gradient) =>
    gradient.forEach((_, i) => (gradient[i] = 1e3 * (noise.uniform() - 0.5)));

  /** From an item, and from the second bucket on: the others got numbers of the first. */
  const late: SimpleTrainer['disturb'] = (gradient, _seq, item) => {
    if (item % 2 === 1) gradient[10] = Infinity;
  };
  const nan: SimpleTrainer['disturb'] = (gradient) => gradient.fill(NaN);

  test.each<[string, CodecConfig, number, number, SimpleTrainer['disturb']]>([
    ['NaN', { name: 'float32' }, 3, 1, nan],
    ['NaN at the coordinator', { name: 'float32' }, 3, 0, nan],
    ['NaN at one of two', { name: 'float32' }, 2, 1, nan],
    ['infinities', { name: 'float32' }, 4, 2, late],
    ['NaN in float16', { name: 'float16' }, 3, 1, nan],
    ['infinities in int8', { name: 'int8' }, 3, 2, late],
    ['NaN in PowerSGD', { name: 'powersgd', rank: 2 }, 3, 1, nan],
    ['infinities in PowerSGD', { name: 'powersgd', rank: 2 }, 3, 2, late],
  ])('a peer with gradients that are not finite is put out (%s)', async (_name, codec, members, which, disturb) => {
    const net = await groupOf(members, (at) => (at === which ? disturb : null), 3, codec);
    const bad = net.peers[which];
    const others = net.peers.filter((peer) => peer !== bad);
    await until(() => bad.ended !== undefined && others.every((peer) => committedOf(peer) === LAST + 1));
    expect(bad.ended?.message).toMatch(/gradients are NaN or infinite, .* reload the page/);
    await pass(20);
    // No update was left out.
    for (const { trainer } of others)
      expect(trainer.committed.filter(({ committed }) => !committed.finite)).toEqual([]);
    const chronicle = new Chronicle(8);
    for (const peer of net.peers) chronicle.check(peer);
    expect(new Set(others.map(({ group }) => group.status().parameters_hash)).size).toBe(1);
    if (codec.name === 'float32') expect(others[0].group.status().parameters_hash).toBe(await honest());
    expect(net.peers.map(({ group }) => group.status().dropped.not_finite ?? 0).reduce((a, b) => a + b)).toBe(1);
  });

  test('an update that is finite nowhere is left out by all, who are told', async () => {
    const diverged: SimpleTrainer['disturb'] = (gradient, seq, item) => {
      if (seq === 12 && item === 5) gradient.fill(NaN);
    };
    const expected = await honest(diverged);
    for (const members of [2, 3]) {
      const net = await groupOf(members, () => diverged);
      await until(() => net.peers.every((peer) => committedOf(peer) === LAST + 1));
      await pass(20);
      for (const { group, trainer } of net.peers) {
        expect(group.status().parameters_hash).toBe(expected);
        expect(group.status().dropped.not_finite).toBeUndefined();
        expect(trainer.committed.filter(({ committed }) => !committed.finite).map(({ seq }) => seq)).toEqual([12]);
      }
      expect(net.peers[0].group.members).toHaveLength(members);
    }
  });

  test.each([
    ['gradients that are too large', 3, 1, larger],
    ['noise', 3, 2, random],
    ['too large ones at the coordinator', 3, 0, larger],
    ['too large ones at one of two', 2, 1, larger],
  ])('a peer with %s is put out, and leaves no trace (of %d the peer %d)', async (_name, members, which, disturb) => {
    const expected = await honest();
    const net = await groupOf(members, (at) => (at === which ? disturb : null));
    const bad = net.peers[which];
    const others = net.peers.filter((peer) => peer !== bad);
    await until(() => bad.ended !== undefined && others.every((peer) => committedOf(peer) === LAST + 1));
    expect(bad.ended?.message).toMatch(/gradients are far larger .* reload the page/);
    await pass(20);
    const chronicle = new Chronicle(8);
    for (const peer of net.peers) chronicle.check(peer);
    for (const { group } of others) expect(group.status().parameters_hash).toBe(expected);
    expect(net.peers.some(({ group }) => (group.status().dropped.norm ?? 0) > 0)).toBe(true);
  });

  test('a spike that all compute alike is accepted', async () => {
    const spike: SimpleTrainer['disturb'] = (gradient, seq, item) => {
      if (seq === 12 && item === 5) gradient.forEach((g, i) => (gradient[i] = 1e4 * g));
    };
    const expected = await honest(spike);
    for (const members of [2, 3]) {
      const net = await groupOf(members, () => spike);
      const { epoch } = net.peers[0].group.status();
      await until(() => net.peers.every((peer) => committedOf(peer) === LAST + 1));
      for (const { group } of net.peers) expect(group.status().parameters_hash).toBe(expected);
      expect(net.peers[0].group.status().epoch).toBe(epoch + 1);
      expect(net.peers[0].group.members).toHaveLength(members);
      expect(net.peers[0].group.status().dropped.norm).toBeUndefined();
    }
  });
});
