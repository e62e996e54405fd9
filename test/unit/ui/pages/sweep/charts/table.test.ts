/** Trials as columns: who is in, who is left out and why, and how good each is. */
import { expect, it } from 'vitest';
import { byShade, shadesInOrder, shadesOf } from '../../../../../../src/ui/pages/sweep/charts/shades';
import { leftOutText, tableOf } from '../../../../../../src/ui/pages/sweep/charts/table';
import { bestInWords } from '../../../../../../src/ui/pages/sweep/charts/words';
import { makeStudy, makeTrial, params, SPACE } from './study';

it('holds complete trials with finite objectives, and counts the others by reason', () => {
  const table = tableOf(makeStudy(SPACE), [
    makeTrial(0, { params: params(0.01, 2), values: [0.5] }),
    makeTrial(1, { params: params(0.1, 3, 0.9), values: [NaN] }),
    makeTrial(2, { params: params(0.1, 3), values: null }),
    makeTrial(3, { params: params(0.1, 3), values: [Infinity] }),
    makeTrial(4, { state: 'pruned', values: [0.1] }),
    makeTrial(5, { state: 'failed', values: null }),
    makeTrial(6, { state: 'running', values: null }),
    makeTrial(7, { state: 'waiting', values: null }),
    makeTrial(8, { params: params(1, 5, 0.5), values: [0.25], violation: 2 }),
  ]);
  expect([...table.numbers]).toEqual([0, 8]);
  expect([...table.feasible]).toEqual([1, 0]);
  expect(table.rowOf.get(8)).toBe(1);
  expect(table.leftOut).toEqual({ pruned: 1, failed: 1, running: 1, waiting: 1, notFinite: 3 });
  expect(leftOutText(table.leftOut, [{ count: 0, reason: 'never' }])).toBe(
    'Not shown: 1 pruned, 1 failed, 1 still running, 1 waiting, 3 without a finite objective.',
  );
  const [rate, depth, name, momentum] = table.parameters;
  expect([...rate.places]).toEqual([0.5, 1]);
  expect([...depth.places]).toEqual([0.25, 1]);
  expect([...name.places]).toEqual([0.75, 0.25]);
  expect([...momentum.places]).toEqual([NaN, 0.5]);
  expect(momentum.missing).toBe(1);
});

it('is made once for a list of trials, and anew for another', () => {
  const study = makeStudy(SPACE);
  const trials = [makeTrial(0)];
  expect(tableOf(study, trials)).toBe(tableOf({ ...study, name: 'renamed' }, trials));
  expect(tableOf(study, [...trials])).not.toBe(tableOf(study, trials));
});

it('no trial, and a study without parameters, are no error', () => {
  const table = tableOf(makeStudy({}), []);
  expect(table).toMatchObject({ size: 0, parameters: [] });
  expect(leftOutText(table.leftOut)).toBeNull();
  expect(shadesOf(table.objectives[0])).toMatchObject({ from: '', to: '' });
  expect(bestInWords(table, table.objectives[0])).toBe('No trial is complete yet.');
});

it('shades go from the worst to the best, whichever way is better', () => {
  const trials = [3, 1, 2].map((value, number) => makeTrial(number, { values: [value, value] }));
  const study = makeStudy({}, [
    { metric: 'loss', direction: 'minimize' },
    { metric: 'accuracy', direction: 'maximize' },
  ]);
  const [loss, accuracy] = tableOf(study, trials).objectives.map(shadesOf);
  expect([...loss.values]).toEqual([0, 1, 0.5]);
  expect([loss.from, loss.to]).toEqual(['3', '1']);
  expect([...accuracy.values]).toEqual([1, 0, 0.5]);
  expect([...byShade(loss.values)]).toEqual([0, 2, 1]);
  expect([...shadesInOrder(Int32Array.of(4, 6, 12)).values]).toEqual([0, 0.25, 1]);
});

it('a diverged trial among many leaves the others their colours', () => {
  const trials = Array.from({ length: 40 }, (_, number) =>
    makeTrial(number, { values: [number === 0 ? 1e9 : -number] }),
  );
  const shades = shadesOf(tableOf(makeStudy({}), trials).objectives[0]);
  expect(shades.values[0]).toBe(0);
  expect(shades.values[39]).toBe(1);
  expect(shades.values[20]).toBeGreaterThan(0.4);
  expect(shades.values[20]).toBeLessThan(0.6);
  expect(shades.from).toMatch(/^≥ /);
});

it('equal outcomes share a colour', () => {
  const trials = [1, 2, 3].map((number) => makeTrial(number, { values: [0.5] }));
  expect([...shadesOf(tableOf(makeStudy({}), trials).objectives[0]).values]).toEqual([0.5, 0.5, 0.5]);
});

it('the best in words meets its constraints', () => {
  const table = tableOf(makeStudy(SPACE), [
    makeTrial(0, { params: params(0.01, 2), values: [0.5] }),
    makeTrial(1, { params: params(0.1, 3), values: [0.1], violation: 1 }),
  ]);
  expect(bestInWords(table, table.objectives[0])).toBe(
    'Best: trial 0 with val_loss 0.5 (learning rate 0.01, depth 2, optimizer adamw).',
  );
});
