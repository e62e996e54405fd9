/**
 * Peers that are killed at a known place of the protocol: browsers of their own, with data channels between them. The peer
 * worker of the one that dies stops its thread at that place, and then all processes of its browser are killed. The two
 * others go on, and nothing that they do differs from what is done where nobody dies.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Phase } from '../helpers/peers/tripwire';
import { scratchFolder } from './harness/command-line';
import { poll } from './harness/page';
import { serveSite, type Site } from './harness/site';
import { bundleWatchedWorker } from './harness/watched/bundle';
import type { Commit } from './harness/watched/protocol';
import { WatchedPeer } from './harness/watched/watched-peer';

const SAMPLE = 'spirals';

/** Examples of the sample, how many of them are trained on, and updates that an epoch has of these: the last one is smaller. */
const LIMIT = 240;
const EXAMPLES = 216;
const UPDATES = 4;
const EPOCHS = 2;

/** Transactions of an epoch: an evaluation follows the updates. */
const EPOCH = UPDATES + 1;

/** The first transaction in the middle of which peers die: an update in the second epoch, with two more behind it. */
const FATAL = 6;

/** See `Orders`: while somebody is to join. */
const PACE = 1000;

/** Layers of the model. */
const MODELS = {
  /** Its state is one piece of two frames. */
  small: '[80, 80]',
  /** Its state is five pieces: each of two members is asked for some, and needs several frames for them. */
  large: '[320, 320]',
};
type ModelName = keyof typeof MODELS;

const config = (model: ModelName, worldSize: number): string => `
name: together
data: {limit: ${LIMIT}, split: {validation: 0.1, test: 0}}
model: {architecture: mlp, hidden: ${MODELS[model]}}
training:
  epochs: ${EPOCHS}
  batch_size: 64
  early_stopping: null
  checkpoints: {every_minutes: null, every_epochs: null}
  distributed: {enabled: true, world_size: ${worldSize}, micro_batches: 4, compression: float32, wait_minutes: 2}
`;

const ROLES = ['a member', 'the coordinator'] as const;

/**
 * Phases of a transaction, how many of the two others have committed it then (null: it depends), and the first transaction
 * to die in. Only who is dealt items sends gradients, and a slow peer may be dealt none for a long time: nobody's speed is
 * known in the first transaction, so that it is dealt to all.
 */
const PHASES: [Phase, number | null, number][] = [
  ['before reduce', 0, FATAL],
  ['mid-reduce', 0, 0],
  ['mid-gather', 0, FATAL],
  ['after vote', null, FATAL],
  ['mid-commit', 1, FATAL],
];

/** Figures for people: nothing depends on them. */
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** What is done where nobody dies. */
interface Undisturbed {
  history: Commit[];
  end: object;
}

describe.skipIf(process.platform !== 'linux')('when a peer is killed', () => {
  const folder = scratchFolder();
  const undisturbed = new Map<ModelName, Undisturbed>();
  let site: Site;
  let script: string;
  let survivors: WatchedPeer[] = [];
  /** A browser that is there already when a test begins. */
  let spare: Promise<WatchedPeer> | null = null;
  let opened = 0;

  const open = (): Promise<WatchedPeer> => WatchedPeer.open(site.url, folder.file(`browser-${opened++}`), script);

  const takeSpare = (): Promise<WatchedPeer> => {
    const taken = spare ?? open();
    spare = null;
    return taken;
  };

  beforeAll(async () => {
    [site, script] = await Promise.all([serveSite(), bundleWatchedWorker()]);
    survivors = await Promise.all([open(), open()]);
    spare = open();
    const [alone] = survivors;
    for (const model of ['small', 'large'] as const) {
      await alone.begin();
      await alone.page.host(SAMPLE, config(model, 1));
      const { status, steps, weights_sha256 } = await alone.page.result();
      expect({ status, steps }).toEqual({ status: 'finished', steps: EPOCHS * UPDATES });
      await alone.untilCommitted(EPOCHS * EPOCH - 1);
      undisturbed.set(model, { history: alone.commits, end: { status, steps, weights_sha256 } });
    }
  });

  afterAll(async () => {
    await Promise.all([...survivors, ...(spare ? [await spare] : [])].map((peer) => peer.close()));
    await site.close();
    folder.remove();
  });

  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    // Whatever they are in the middle of is no part of the next test.
    await Promise.all(survivors.map((peer) => peer.close()));
    survivors = await Promise.all([open(), open()]);
  });

  /** A group of all of these browsers; the first one begins it, and coordinates. Resolves to the link to it. */
  async function train(model: ModelName, [host, ...guests]: WatchedPeer[]): Promise<string> {
    const link = await host.page.host(SAMPLE, config(model, 1 + guests.length));
    await Promise.all(guests.map((guest) => guest.page.join(SAMPLE, link)));
    return link;
  }

  /** Kills a peer; resolves once these have committed the transaction `last + 2`, where `last` may be theirs. */
  async function kill(
    victim: WatchedPeer,
    { at, left, last }: { at: string; left: WatchedPeer[]; last: number },
  ): Promise<number> {
    const time = victim.kill();
    await Promise.all(survivors.map((peer) => peer.order({ pace: 0 })));
    const further = await Promise.all(left.map((peer) => peer.untilCommitted(last + 2)));
    say(`killed ${at}: two steps further after ${Math.max(...further) - time} ms`);
    return time;
  }

  /** What a peer committed is what is committed where nobody dies: all items, with the same numbers, and never twice. */
  function expectHistory({ commits }: WatchedPeer, model: ModelName): void {
    const { history } = undisturbed.get(model)!;
    for (const [i, { seq, partials, hash }] of commits.entries()) {
      expect(seq).toBeGreaterThan(commits[i - 1]?.seq ?? -1);
      expect(partials, `items of transaction ${seq}`).toEqual(history[seq].partials);
      if (hash !== null) expect(hash, `parameters after transaction ${seq}`).toBe(history[seq].hash);
    }
  }

  /** Those who are left came to the end, and it is that of a run where nobody died. */
  async function expectEnd(left: WatchedPeer[], model: ModelName): Promise<void> {
    const { history, end } = undisturbed.get(model)!;
    for (const peer of left) {
      expect(await peer.page.result()).toMatchObject(end);
      await peer.untilCommitted(history.length - 1);
      expectHistory(peer, model);
    }
    // The ledger: every example of an epoch was used, and none twice.
    const committed = new Map(left.flatMap(({ commits }) => commits.map(({ seq, partials }) => [seq, partials])));
    const examples = Array.from({ length: EPOCHS }, (_, epoch) =>
      Array.from({ length: UPDATES }, (_, update) => committed.get(epoch * EPOCH + update) ?? [])
        .flat()
        .reduce((sum, [count]) => sum + count, 0),
    );
    expect(examples).toEqual(Array.from({ length: EPOCHS }, () => EXAMPLES));
  }

  it.each(ROLES.flatMap((role) => PHASES.map((phase) => [role, ...phase] as const)))(
    '%s, %s, the others go on',
    async (role, phase, committed, seq) => {
      const victim = await takeSpare();
      const [first, second] = survivors;
      await Promise.all(survivors.map((peer) => peer.begin()));
      await victim.begin({ stop: { phase, seq } });
      await train('small', role === 'a member' ? [first, victim, second] : [victim, first, second]);
      const fatal = await victim.untilStopped();
      // The votes of the two reach each other while it stands still.
      if (committed === 1) await poll('A commit', async () => survivors.some((peer) => peer.committed >= fatal));
      const last = Math.max(fatal, ...survivors.map((peer) => peer.committed));
      const time = await kill(victim, { at: `${phase}, ${role}`, left: survivors, last });
      const had = survivors.filter(({ commits }) => commits.some(({ seq, at }) => seq === fatal && at <= time)).length;
      if (committed !== null) expect(had).toBe(committed);
      spare = open();
      await expectEnd(survivors, 'small');
      expectHistory(victim, 'small');
      await victim.close();
    },
  );

  it.each(ROLES)('%s while it sends the state, who joins gets it from another', async (role) => {
    const victim = await takeSpare();
    const [first, joiner] = survivors;
    await Promise.all([victim, first, joiner].map((peer) => peer.begin({ pace: PACE })));
    const link = await train('large', role === 'a member' ? [first, victim] : [victim, first]);
    await first.untilCommitted(1);
    await victim.order({ pace: PACE, stop: { phase: 'sending state', seq: 0 } });
    await joiner.page.join(SAMPLE, link);
    await victim.untilStopped();
    expect(joiner.commits).toEqual([]);
    await kill(victim, { at: `sending state, ${role}`, left: [first], last: first.committed });
    spare = open();
    await expectEnd([first, joiner], 'large');
    expectHistory(victim, 'large');
    await victim.close();
  });

  it('while it joins, the members go on', async () => {
    const victim = await takeSpare();
    await Promise.all(survivors.map((peer) => peer.begin({ pace: PACE })));
    await victim.begin({ stop: { phase: 'joining', seq: 0 } });
    const link = await train('small', survivors);
    await survivors[0].untilCommitted(1);
    await victim.page.join(SAMPLE, link);
    await victim.untilStopped();
    const last = Math.max(...survivors.map(({ committed }) => committed));
    await kill(victim, { at: 'joining', left: survivors, last });
    expect(victim.commits).toEqual([]);
    await expectEnd(survivors, 'small');
    await victim.close();
  });

  it('a new one takes part soon, and ends like the others', async () => {
    await Promise.all(survivors.map((peer) => peer.begin({ pace: PACE })));
    const link = await train('small', survivors);
    await survivors[0].untilCommitted(1);
    const start = Date.now();
    const joiner = await open();
    await joiner.begin();
    const ready = Date.now();
    await joiner.page.join(SAMPLE, link);
    await joiner.page.until('Its place', ({ peers }) => peers.some(({ self, state }) => self && state === 'member'));
    const member = Date.now();
    await joiner.page.until('Its part', ({ peers }) => peers.some(({ self, items }) => self && items > 0));
    // The pace holds transaction N for N seconds, and who is new is let in between two: most of this is waiting for both.
    say(
      `joined: a member ${member - start} ms after its browser was started, ${member - ready} after the page was open; of its first transaction ${Date.now() - member} ms later`,
    );
    await Promise.all(survivors.map((peer) => peer.order({ pace: 0 })));
    await expectEnd([...survivors, joiner], 'small');
    await joiner.close();
  });
});
