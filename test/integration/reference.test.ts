import * as v from 'valibot';
import { expect, it } from 'vitest';
import { randomStream } from '../../src/base/random';
import type { TrialParams } from '../../src/store/study';
import { drawUniform } from '../../src/sweeps/space/space';
import { FRONTS, FUNCTIONS } from '../helpers/objectives';
import { spaceOf } from '../helpers/studies';
import { describePython, runPython } from './python';
import { mannWhitneyGreater } from './statistics';

describePython('what the comparisons rest on', () => {
  it('is the same in both languages: functions, and the Mann–Whitney test of scipy', async () => {
    const random = randomStream(1, 'points');
    const points: Record<string, TrialParams[]> = {};
    const expected: Record<string, number[][]> = {};
    for (const [name, { space }] of [...Object.entries(FUNCTIONS), ...Object.entries(FRONTS)]) {
      const one = () => spaceOf(space).fill(({ distribution }) => drawUniform(distribution, random));
      points[name] = Array.from({ length: 5 }, one);
    }
    for (const [name, { objective }] of Object.entries(FUNCTIONS))
      expected[name] = points[name].map((x) => [objective(x)]);
    for (const [name, { objectives }] of Object.entries(FRONTS)) expected[name] = points[name].map(objectives);
    const ours = [3, 1, 4, 1, 5, 9, 2, 6, 5.5, 3, 5];
    const theirs = [2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5];
    const answer = v.object({ values: v.record(v.string(), v.array(v.array(v.number()))), p: v.number() });
    const { values, p } = await runPython('reference/evaluate.py', { points, ours, theirs }, answer);
    for (const [name, rows] of Object.entries(expected)) {
      rows.forEach((row, i) => row.forEach((value, k) => expect(values[name][i][k]).toBeCloseTo(value, 8)));
    }
    expect(mannWhitneyGreater(ours, theirs)).toBeCloseTo(p, 6);
  });
});
