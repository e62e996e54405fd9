import { describe, expect, test } from 'vitest';
import { classWeights } from '../../../src/training/class-weights';
import { allFinite, checkDivergence } from '../../../src/training/divergence';
import { stopReason, watch } from '../../../src/training/early-stopping';
import { rank } from '../../../src/training/ranking';
import { initialState, parseState, type RankedCheckpoint } from '../../../src/training/state';
import { StepClock } from '../../../src/training/step-clock';

describe('early stopping', () => {
  const settings = { monitor: 'val_loss', patience: 2, min_delta: 0.1 };

  test('stops after so many epochs without enough improvement', () => {
    let state = initialState(true).early_stopping!;
    const reasons = [1, 0.95, 0.85, 0.8, NaN].map((value, i) => {
      state = watch(settings, state, i + 1, value);
      return stopReason(settings, state);
    });
    expect(reasons.slice(0, 4)).toEqual([null, null, null, null]);
    expect(reasons[4]).toBe('Stopped early: val_loss has not improved on its best (0.85 after epoch 3) for 2 epochs.');
  });

  test('is off without settings', () => {
    expect(stopReason(null, null)).toBeNull();
  });
});

describe('ranking of checkpoints', () => {
  const entry = (checkpoint: string, value: number): RankedCheckpoint => ({
    checkpoint,
    value,
    step: 1,
    epoch: 1,
    train: {},
    val: {},
  });
  const names = (ranking: RankedCheckpoint[]): string => ranking.map(({ checkpoint }) => checkpoint).join('');

  test('keeps the best few, the earlier of equals ahead', () => {
    let ranking: RankedCheckpoint[] = [];
    for (const [name, value] of [
      ['a', 3],
      ['b', 1],
      ['c', 2],
      ['d', 1],
      ['e', 9],
    ] as const) {
      ranking = rank(ranking, entry(name, value), 'val_loss', 3);
    }
    expect(names(ranking)).toBe('bdc');
    expect(names(rank(ranking, entry('f', NaN), 'val_loss', 3))).toBe('bdc');
    expect(names(rank([entry('a', 0.5)], entry('b', 0.7), 'val_f1', 1))).toBe('b');
  });
});

describe('divergence', () => {
  test('names the step and the reason', () => {
    expect(() => checkDivergence(7, NaN, 1, 2, 0.1)).toThrow('diverged at step 7: the loss is NaN');
    expect(() => checkDivergence(7, 1, Infinity, 2, 0.1)).toThrow('the gradient’s norm is Infinity');
    expect(() => checkDivergence(7, 2.1e5, 1, 2, 0.1)).toThrow('the loss rose from 2.00 to 2.10e+5');
    expect(() => checkDivergence(7, 1.9e5, 1, 2, 0.1)).not.toThrow();
    expect(() => checkDivergence(7, 2e4, 1, 1e-9, 0.1)).not.toThrow();
  });

  test('sees numbers that are none', () => {
    expect(allFinite(Float32Array.of(1, -2))).toBe(true);
    expect(allFinite(Float32Array.of(1, NaN))).toBe(false);
    expect(allFinite(Float32Array.of(1, -Infinity))).toBe(false);
  });
});

describe('class weights', () => {
  test('balanced is inverse to the frequency', () => {
    expect([...classWeights('balanced', ['a', 'b', 'c'], [6, 3, 0])!]).toEqual([0.5, 1, 1]);
    expect(classWeights(null, ['a'], [1])).toBeNull();
    expect([...classWeights({ b: 5 }, ['a', 'b'], [1, 1])!]).toEqual([1, 5]);
  });

  test('an unknown class names the key and the classes there are', () => {
    expect(() => classWeights({ z: 5 }, ['a', 'b'], [1, 1])).toThrow(
      'training.class_weights.z: the data has no class “z”. Its classes are a, b.',
    );
  });
});

describe('training state', () => {
  test('survives JSON', () => {
    const state = { ...initialState(true), step: 4, latest: { train_loss: 0.1 } };
    expect(parseState(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });

  test('of another form is refused with the key', () => {
    expect(() => parseState({ ...initialState(false), step: -1 })).toThrow(/training state cannot be used: step/);
    expect(() => parseState(null)).toThrow(/its top level/);
  });
});

test('the step clock leaves pauses out', () => {
  let now = 0;
  const clock = new StepClock(() => now);
  expect(clock.speed()).toBeNull();
  for (let i = 0; i < 5; i++) {
    clock.tick(32);
    now += 100;
    if (i === 2) {
      clock.pause();
      now += 5000;
      expect(clock.resume()).toBe(5000);
    }
  }
  expect(clock.speed()).toEqual({ samplesPerSecond: 320, stepMs: 100 });
});
