import { expect, it } from 'vitest';
import { deferred } from '../../../../src/base/deferred';
import { WorkClock } from '../../../../src/training/monitor/work-clock';

/** A clock that is set by hand. */
function setUp(): { clock: WorkClock; pass: (ms: number) => void } {
  let now = 0;
  return { clock: new WorkClock(() => now), pass: (ms) => void (now += ms) };
}

it('counts as work what of its spans is not waiting', async () => {
  const { clock, pass } = setUp();
  clock.begin();
  pass(10);
  const done = deferred<undefined>();
  clock.waitsFor(done.promise);
  pass(30);
  done.resolve(undefined);
  await done.promise;
  pass(20);
  clock.end();
  // An evaluation, say.
  pass(1000);
  expect(clock.take()).toBeCloseTo(0.5);
  expect(clock.take()).toBeNull();
});

it('has ended a wait before whoever else awaits the same goes on', async () => {
  const { clock, pass } = setUp();
  clock.begin();
  const done = deferred<undefined>();
  clock.waitsFor(done.promise);
  const landed = done.promise.then(() => pass(50));
  pass(50);
  done.resolve(undefined);
  await landed;
  clock.end();
  expect(clock.take()).toBeCloseTo(0.5);
});

it('splits a wait that is under way between two looks', async () => {
  const { clock, pass } = setUp();
  clock.begin();
  pass(5);
  const done = deferred<undefined>();
  clock.waitsFor(done.promise);
  pass(5);
  expect(clock.take()).toBeCloseTo(0.5);
  pass(10);
  done.resolve(undefined);
  await done.promise;
  expect(clock.take()).toBeCloseTo(0);
});

it('takes a failure for the end of a wait, and leaves it to others', async () => {
  const { clock, pass } = setUp();
  clock.begin();
  const failed = Promise.reject(new Error('lost'));
  clock.waitsFor(failed);
  await expect(failed).rejects.toThrow('lost');
  pass(10);
  expect(clock.take()).toBe(1);
});

it('counts no waiting outside of its spans', async () => {
  const { clock, pass } = setUp();
  const done = deferred<undefined>();
  clock.waitsFor(done.promise);
  pass(10);
  done.resolve(undefined);
  await done.promise;
  clock.begin();
  pass(10);
  clock.end();
  expect(clock.take()).toBe(1);
});
