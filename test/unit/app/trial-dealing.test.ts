import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LatheError } from '../../../src/base/errors';
import type { StudyEnd } from '../../../src/sweeps/conductor';
import type { Pruner } from '../../../src/sweeps/pruners/pruner';
import { EPOCHS, TrialRoom, valueAfter } from '../../helpers/trial-room';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Lets time pass until `work` is done. */
async function settled<T>(work: Promise<T>): Promise<T> {
  let over = false;
  const done = work.finally(() => (over = true));
  done.catch(() => undefined);
  while (!over) await vi.advanceTimersByTimeAsync(5);
  return done;
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** A room whose guests were heard of. */
async function roomWith(guests: string[], settings: ConstructorParameters<typeof TrialRoom>[0], slots = 1) {
  const room = new TrialRoom(settings);
  const joined = guests.map((id) => room.join(id, slots));
  await pass(20);
  return { room, guests: joined };
}

/** What every trial came to, whoever trained it. */
const outcomes = ({ study }: TrialRoom) =>
  study.trials.map(({ number, state, params, values, intermediate, steps }) => ({
    number,
    state,
    params,
    values,
    intermediate,
    steps,
  }));

async function alone(settings: ConstructorParameters<typeof TrialRoom>[0]) {
  const room = new TrialRoom(settings);
  await settled(room.conductor.run());
  return outcomes(room);
}

const FINISHED: StudyEnd = { status: 'finished', reason: null };

describe('trials are dealt', () => {
  it('to all who have a slot, each once, and end as they do alone', async () => {
    const { room, guests } = await roomWith(['ada', 'grace'], { trials: 9 }, 2);
    expect(await settled(room.conductor.run())).toEqual(FINISHED);
    expect(outcomes(room)).toEqual(await alone({ trials: 9 }));
    const trained = [room.local, ...guests.map(({ executor }) => executor)].flatMap(({ trained: numbers }) => numbers);
    expect(trained.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect([room.local.most, ...guests.map(({ executor }) => executor.most)]).toEqual([1, 2, 2]);
    for (const { id, executor, kept, status } of guests) {
      const theirs = room.study.trials.filter(({ worker }) => worker?.id === id).map(({ number }) => number);
      expect(theirs.sort()).toEqual(executor.trained.sort());
      expect(kept()).toEqual([]);
      expect(status).toMatchObject({ state: 'working', done: theirs.length, trials: [] });
    }
    expect(room.crew.map(({ id, done }) => [id, done])).toEqual(
      guests.map(({ id, executor }) => [id, executor.trained.length]),
    );
  });

  it('to whoever comes later, too', async () => {
    const room = new TrialRoom({ trials: 6 });
    const run = room.conductor.run();
    await pass(30);
    const { executor } = room.join('late');
    expect(await settled(run)).toEqual(FINISHED);
    expect(executor.trained.length).toBeGreaterThan(0);
    expect(outcomes(room)).toEqual(await alone({ trials: 6 }));
  });

  it('with verdicts that reach whoever trains', async () => {
    const strict: Pruner = {
      prune: (_study, { intermediate }) => ((intermediate.values.at(-1) ?? 0) > 0.5 ? 'It is above 0.5.' : null),
    };
    const { room, guests } = await roomWith(['ada', 'grace'], { trials: 8, pruner: strict });
    await settled(room.conductor.run());
    expect(outcomes(room)).toEqual(await alone({ trials: 8, pruner: strict }));
    const there = room.study.trials.filter(({ worker }) => worker);
    expect(there.some(({ state, steps }) => state === 'pruned' && steps < EPOCHS)).toBe(true);
    expect(guests.every(({ executor }) => executor.trained.length > 0)).toBe(true);
  });
});

describe('a guest that', () => {
  it('dies: its trial is dealt again, and nothing of the first attempt is left', async () => {
    const { room } = await roomWith(['ada'], { trials: 3 });
    const run = room.conductor.run();
    await pass(50);
    expect(room.study.trials[0]).toMatchObject({ worker: { id: 'ada' }, state: 'running' });
    expect(room.study.trials[0].intermediate.steps).not.toEqual([]);
    room.network.crash('ada');
    expect(await settled(run)).toEqual(FINISHED);
    expect(room.study.trials[0].worker).toBeUndefined();
    expect(outcomes(room)).toEqual(await alone({ trials: 3 }));
    // It was told as begun anew before the second attempt reported.
    const steps = room.told.filter(({ number }) => number === 0).map(({ intermediate }) => intermediate.steps.length);
    expect(steps.lastIndexOf(0)).toBeGreaterThan(steps.indexOf(1));
    expect(room.crew).toMatchObject([{ id: 'ada', state: 'lost', slots: 0, done: 0, trials: [] }]);
    expect(room.local.most).toBe(1);
  });

  it('dies, while another is there: that one trains it', async () => {
    const { room, guests } = await roomWith(['ada', 'grace'], { trials: 5 });
    const run = room.conductor.run();
    await pass(30);
    room.network.crash('ada');
    await settled(run);
    expect(outcomes(room)).toEqual(await alone({ trials: 5 }));
    expect(guests[1].executor.trained.length).toBeGreaterThan(1);
  });

  it('leaves: the same, and it keeps nothing', async () => {
    const { room, guests } = await roomWith(['ada'], { trials: 3 });
    const run = room.conductor.run();
    await pass(50);
    await settled(guests[0].helper.leave(null));
    expect(guests[0].kept()).toEqual([]);
    await settled(run);
    expect(outcomes(room)).toEqual(await alone({ trials: 3 }));
    expect(room.crew).toMatchObject([{ state: 'left', done: 0 }]);
  });

  it('cannot train goes, and the study goes on', async () => {
    const room = new TrialRoom({ trials: 4 });
    const guest = room.join('ada');
    guest.executor.instead = { kind: 'impossible', reason: 'There is no device.', steps: 0 };
    await pass(20);
    expect(await settled(room.conductor.run())).toEqual(FINISHED);
    expect(outcomes(room)).toEqual(await alone({ trials: 4 }));
    expect(room.crew).toMatchObject([{ state: 'left', reason: 'There is no device.' }]);
    expect(await guest.helper.ended).toBe('There is no device.');
    expect(guest.executor.trained).toHaveLength(1);
  });

  it('sends what is no run of its trial is not dealt another', async () => {
    const { room } = await roomWith(['ada'], { trials: 3 });
    room.full = new LatheError('data', 'The curves of the run are not as long as it says.');
    await settled(room.conductor.run());
    expect(outcomes(room)).toEqual(await alone({ trials: 3 }));
    expect(room.crew).toMatchObject([{ state: 'left', reason: room.full.message, done: 0 }]);
  });

  it('answers for a trial that it was not dealt is not heard', async () => {
    const { room } = await roomWith(['ada', 'mallory'], { trials: 4 });
    const run = room.conductor.run();
    await pass(10);
    for (const ticket of [1, 2, 77]) {
      room.sendAs('mallory', { type: 'report', ticket: ticket === 2 ? 78 : ticket, epoch: 1, value: -1 });
      room.sendAs('stranger', { type: 'given_back', ticket, reason: 'No.' });
    }
    await settled(run);
    expect(outcomes(room)).toEqual(await alone({ trials: 4 }));
  });
});

describe('a host that', () => {
  it('pauses lets its guests wait, and goes on with them', async () => {
    const { room, guests } = await roomWith(['ada'], { trials: 5 });
    const run = room.conductor.run();
    await pass(90);
    room.conductor.leave('pause');
    expect(await settled(run)).toEqual({ status: 'paused', reason: null });
    await settled(room.dealer.close('The study is paused.', true));
    await pass(50);
    expect(guests[0].status).toMatchObject({ state: 'waiting', reason: 'The study is paused.', trials: [] });
    expect(guests[0].kept()).toEqual([]);
    expect(room.study.counts.running).toBeGreaterThan(0);

    room.reopen();
    await pass(20);
    expect(guests[0].status).toMatchObject({ state: 'working', reason: null });
    expect(await settled(room.conductor.run())).toEqual(FINISHED);
    expect(outcomes(room)).toEqual(await alone({ trials: 5 }));
  });

  it('is gone is waited for, and then no more', async () => {
    const { room, guests } = await roomWith(['ada'], { trials: 5 });
    void room.conductor.run();
    await pass(30);
    room.network.crash('host');
    await pass(200);
    expect(guests[0].status).toMatchObject({ state: 'waiting', trials: [] });
    expect(guests[0].status?.reason).toContain('not heard of any more');
    expect(guests[0].kept()).toEqual([]);
    await pass(60_000);
    expect(await guests[0].helper.ended).toContain('not heard of for 1 minute.');
  });

  it('ends the study lets its guests go', async () => {
    const { room, guests } = await roomWith(['ada'], { trials: 2 });
    await settled(room.conductor.run());
    await settled(room.dealer.close('The study is finished.', false));
    expect(await guests[0].helper.ended).toBe('The study is finished.');
  });

  it('stops the study ends what guests train as pruned, with what it came to', async () => {
    const { room } = await roomWith(['ada'], { trials: 5 });
    const run = room.conductor.run();
    await pass(50);
    room.conductor.leave('stop');
    expect(await settled(run)).toEqual({ status: 'stopped', reason: null });
    const there = room.study.trials.filter(({ worker }) => worker);
    expect(there).toMatchObject([{ state: 'pruned', reason: 'It was ended by hand.' }]);
    const rate = Number(there[0].params['training.optimizer.learning_rate']);
    expect(there[0].values).toEqual([valueAfter(rate, there[0].steps)]);
    expect(room.study.counts.running).toBe(0);
  });

  it('cannot store what comes pauses', async () => {
    const { room } = await roomWith(['ada'], { trials: 3 });
    room.full = new LatheError('storage', 'The disk is full.');
    expect(await settled(room.conductor.run())).toEqual({ status: 'paused', reason: 'The disk is full.' });
  });
});
