import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../src/config/parse';
import { START, watch, type WatchedRow, type WatchInput } from '../../../../src/tracking/notify/engine';
import { NOTIFICATION_KINDS, type NotificationRules } from '../../../../src/tracking/notify/notification';

const RULES: NotificationRules = {
  on: { finished: true, failed: true, diverged: true, stalled: true, resumed: true, new_best: true },
  stalled_minutes: 10,
};
const MINUTE = 60_000;
const config = parseConfig({ version: 1, data: { dataset: 'x' } });

const row = (change: Partial<WatchedRow> = {}): WatchedRow => ({
  id: 'a1',
  name: 'digits',
  status: 'running',
  reason: null,
  trial: null,
  epoch: 0,
  step: 0,
  seconds: 0,
  latest: {},
  best: {},
  metrics: null,
  config,
  ...change,
});

/** Plays inputs and gives what is said: kind and text. */
function play(inputs: WatchInput[], rules = RULES): string[] {
  let state = START;
  return inputs.flatMap((input) => {
    const result = watch(state, input, rules);
    state = result.state;
    return result.notifications.map(({ kind, text }) => `${kind}: ${text}`);
  });
}

const stored = (change: Partial<WatchedRow>, now = 0): WatchInput => ({ type: 'row', row: row(change), now });
const tick = (now: number): WatchInput => ({ type: 'tick', now });
/** Ticks every half minute. */
const ticks = (from: number, to: number): WatchInput[] =>
  Array.from({ length: (to - from) / (MINUTE / 2) + 1 }, (_, index) => tick(from + (index * MINUTE) / 2));
const progress = (step: number, now: number): WatchInput => ({
  type: 'training',
  now,
  event: {
    run_id: 'a1',
    type: 'progress',
    epoch: 1,
    step,
    total_steps: 100,
    samples_per_second: null,
    step_ms: null,
    gpu_bytes: 0,
    eta_seconds: null,
    points: [],
  },
});
const checkpoint = (step: number, value: number, now: number, best = true): WatchInput => ({
  type: 'training',
  now,
  event: {
    run_id: 'a1',
    type: 'checkpoint',
    best,
    checkpoint: { id: 'c', step, epoch: 1, reason: 'epoch', monitor: { metric: 'val_loss', value }, bytes: 1 },
  },
});

describe('what is said of a run', () => {
  it('is how it ended, once', () => {
    const ended = stored({ status: 'finished', step: 100, seconds: 65, best: { val_loss: 0.25 } }, 1);
    expect(play([stored({}), ended, ended])).toEqual([
      'finished: 100 steps in 1\u202fmin 05\u202fs. Best val_loss: 0.25.',
    ]);
    const failed = stored({ status: 'failed', reason: 'The device was lost.' });
    expect(play([stored({}), failed])).toEqual(['failed: The device was lost.']);
    expect(play([stored({}), stored({ status: 'diverged', reason: 'NaN.' })])).toEqual(['diverged: NaN.']);
  });

  it('is nothing where the user or a study ended it, or paused it', () => {
    for (const status of ['stopped', 'cancelled', 'pruned', 'paused'] as const) {
      expect(play([stored({}), stored({ status })])).toEqual([]);
    }
  });

  it('is nothing of runs that had ended before, of trials, and of unknown runs', () => {
    expect(play([stored({ status: 'finished' })])).toEqual([]);
    expect(play([stored({ trial: 3 }), stored({ trial: 3, status: 'failed' })])).toEqual([]);
    expect(play([progress(1, 0), checkpoint(1, 0.5, 0), tick(MINUTE * 60)])).toEqual([]);
  });

  it('is that it goes on, and its end after that', () => {
    const resumed: WatchInput = { type: 'resumed', run_id: 'a1', name: 'digits', step: 40, now: 0 };
    expect(play([resumed, stored({ status: 'finished', step: 41 })])).toEqual([
      'resumed: It was cut off, and goes on from step 40.',
      expect.stringMatching(/^finished: 41 steps/),
    ]);
  });

  it('is that it stalled, once, and again after it went on', () => {
    const inputs = [
      stored({}),
      progress(5, 0),
      ...ticks(0, 30 * MINUTE),
      progress(6, 31 * MINUTE),
      ...ticks(31 * MINUTE, 45 * MINUTE),
    ];
    expect(play(inputs)).toEqual([
      'stalled: It took no step for 10\u202fmin 00\u202fs; the last was 5.',
      'stalled: It took no step for 10\u202fmin 00\u202fs; the last was 6.',
    ]);
  });

  it('is not that it stalled while it steps, evaluates, is paused or over', () => {
    const minutes = Array.from({ length: 30 }, (_, minute) => minute);
    expect(play([stored({}), ...minutes.flatMap((m) => [progress(m, m * MINUTE), tick(m * MINUTE)])])).toEqual([]);
    expect(
      play([stored({}), ...minutes.flatMap((m) => [checkpoint(5, 1, m * MINUTE, false), tick(m * MINUTE)])]),
    ).toEqual([]);
    expect(play([stored({}), stored({ status: 'paused' }), ...ticks(0, 60 * MINUTE)])).toEqual([]);
    expect(play([stored({}), stored({ status: 'stopped' }), ...ticks(0, 60 * MINUTE)])).toEqual([]);
    // The same step over and over is none.
    expect(play([stored({}), ...minutes.flatMap((m) => [progress(7, m * MINUTE), tick(m * MINUTE)])])).toHaveLength(1);
  });

  it('counts a paused run’s time from when it goes on', () => {
    const later = 120 * MINUTE;
    const inputs = [stored({}), stored({ status: 'paused' }, 1), ...ticks(0, later), stored({}, later)];
    expect(play([...inputs, ...ticks(later, later + 9 * MINUTE)])).toEqual([]);
    expect(play([...inputs, ...ticks(later, later + 10 * MINUTE)])).toHaveLength(1);
  });

  it('does not take a machine that slept for a run that stalled', () => {
    const night = 8 * 60 * MINUTE;
    expect(play([stored({}), progress(5, 0), tick(1000), tick(night), tick(night + 20_000)])).toEqual([]);
    expect(play([stored({}), progress(5, 0), tick(1000), ...ticks(night, night + 11 * MINUTE)])).toHaveLength(1);
  });

  it('is a new best, at most once a minute, the newest of them, and not the very first', () => {
    expect(
      play([
        stored({}),
        checkpoint(1, 0.9, 0),
        checkpoint(2, 0.8, 1000),
        checkpoint(3, 0.7, 2000),
        checkpoint(4, 0.75, 3000, false),
        checkpoint(5, 0.6, 4000),
        tick(30_000),
        tick(61_000),
        tick(200_000),
      ]),
    ).toEqual(['new_best: val_loss is 0.8 after 2 steps.', 'new_best: val_loss is 0.6 after 5 steps.']);
    // One that had a best before it was watched.
    expect(play([stored({ best: { val_loss: 1 } }), checkpoint(2, 0.8, 0)])).toEqual([
      'new_best: val_loss is 0.8 after 2 steps.',
    ]);
  });

  it('is what is switched on only', () => {
    const everything = [
      stored({}),
      checkpoint(1, 0.9, 0),
      checkpoint(2, 0.8, 1000),
      ...ticks(0, 20 * MINUTE),
      stored({ status: 'finished' }, 20 * MINUTE),
    ];
    expect(play(everything).map((line) => line.split(':')[0])).toEqual(['new_best', 'stalled', 'finished']);
    for (const kind of NOTIFICATION_KINDS) {
      const only = Object.fromEntries(
        NOTIFICATION_KINDS.map((other) => [other, other === kind]),
      ) as NotificationRules['on'];
      expect(play(everything, { ...RULES, on: only }).every((line) => line.startsWith(kind))).toBe(true);
    }
  });

  it('carries what a service may want: name, epoch, step, scores', () => {
    const before = watch(START, stored({ epoch: 1 }), RULES);
    const metrics = { train: {}, val: {}, test: { accuracy: 0.9 } };
    const { notifications } = watch(
      before.state,
      stored({ status: 'finished', name: 'renamed', epoch: 2, step: 50, best: { val_loss: 0.25 }, metrics }, 7),
      RULES,
    );
    expect(notifications).toMatchObject([
      {
        run: { id: 'a1', name: 'renamed', status: 'finished', epoch: 2, step: 50 },
        metrics: { val_loss: 0.25, test_accuracy: 0.9 },
        at: 7,
      },
    ]);
  });
});
