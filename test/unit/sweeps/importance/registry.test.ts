/** Importance held against Optuna 5.0's: `reference/importance.py` makes the trials and says how they are written. */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { DIRECTIONS } from '../../../../src/config/search/search';
import { searchSpace } from '../../../../src/config/search/space';
import type { TrialParams, TrialRow } from '../../../../src/store/study';
import { importanceOf, type ImportanceQuestion } from '../../../../src/sweeps/importance/registry';
import { Space } from '../../../../src/sweeps/space/space';

const shares = v.record(v.string(), v.number());
const reference = v.parse(
  v.array(
    v.strictObject({
      name: v.string(),
      direction: v.picklist(DIRECTIONS),
      space: searchSpace,
      ped_anova: shares,
      fanova: v.nullable(shares),
      trials: v.array(v.string()),
    }),
  ),
  JSON.parse(readFileSync(`${import.meta.dirname}/reference/importance.json`, 'utf8')),
);

type Study = (typeof reference)[number];

const trial = (number: number, params: TrialParams, values: number[] | null, state: TrialRow['state']): TrialRow => ({
  study_id: 'study',
  number,
  state,
  reason: null,
  params,
  values,
  intermediate: { steps: [], values: [] },
  violation: 0,
  attributes: {},
  run_ids: [],
  steps: 0,
  started: null,
  ended: null,
});

function trialsOf({ space, trials }: Study): TrialRow[] {
  const keys = Object.keys(space);
  const value = v.union([v.string(), v.number(), v.boolean()]);
  return trials.map((line, number) => {
    const [left, right] = line.split(' -> ');
    const given = left.split(' ').flatMap((text, i) => (text === '-' ? [] : [[keys[i], text]]));
    const params = Object.fromEntries(given.map(([key, text]) => [key, v.parse(value, JSON.parse(text))]));
    return trial(number, params, [right === 'inf' ? Infinity : Number(right)], 'complete');
  });
}

const study = (name: string): Study => reference.find((each) => each.name === name)!;

function ask(of: Study, question: Partial<ImportanceQuestion> = {}, trials = trialsOf(of)) {
  return importanceOf(trials, new Space(of.space), {
    objective: 0,
    direction: of.direction,
    evaluator: 'ped_anova',
    seed: 1,
    ...question,
  });
}

const byKey = (found: ReturnType<typeof ask>) =>
  Object.fromEntries(found.map(({ key, importance }) => [key, importance]));

describe('PED-ANOVA', () => {
  it.each(reference)('gives Optuna’s numbers: $name', (each) => {
    const ours = byKey(ask(each));
    expect(Object.keys(ours).sort()).toEqual(Object.keys(each.ped_anova).sort());
    for (const [key, theirs] of Object.entries(each.ped_anova)) expect(ours[key]).toBeCloseTo(theirs, 9);
  });
});

describe('fANOVA', () => {
  const comparable = reference.filter(
    ({ fanova, trials, name }) => fanova && trials.length > 10 && name !== 'logarithmic',
  );

  it.each(comparable)('gives Optuna’s order and nearly its numbers: $name', (each) => {
    const ours = ask(each, { evaluator: 'fanova' });
    const theirs = Object.entries(each.fanova ?? {}).sort(([, a], [, b]) => b - a);
    const telling = theirs.filter(([, share]) => share > 0.005).map(([key]) => key);
    expect(ours.slice(0, telling.length).map(({ key }) => key)).toEqual(telling);
    for (const [key, share] of theirs) expect(Math.abs(byKey(ours)[key] - share)).toBeLessThan(0.05);
  });

  it('weighs every choice and every step alike', () => {
    // Variances: 38/9 of the levels 0, 2 and 5, 21/16 of half of 1 to 8, 7/60 of twice 0, 0.1 … 0.5.
    const found = byKey(ask(study('mixed'), { evaluator: 'fanova' }));
    const total = 38 / 9 + 21 / 16 + 7 / 60;
    expect(Math.abs(found.optimizer - 38 / 9 / total)).toBeLessThan(0.04);
    expect(Math.abs(found.layers - 21 / 16 / total)).toBeLessThan(0.04);
    expect(Math.abs(found.dropout - 7 / 60 / total)).toBeLessThan(0.015);
  });

  it('weighs a logarithmic range as the search draws from it', () => {
    // 2 log10(rate) over four decades and 0.8 log2(width) over six octaves: variances of 64/12 and 23.04/12.
    const found = byKey(ask(study('logarithmic'), { evaluator: 'fanova' }));
    expect(found.rate).toBeCloseTo(64 / 87.04, 1);
    expect(found.width).toBeCloseTo(23.04 / 87.04, 1);
    expect(found.decay).toBeLessThan(0.01);
  });

  it('judges a parameter that few trials have by these', () => {
    // By trials with sgd and without: 4 momentum, of variance 16/12 in half of all; 0.2 beta; dropout of variance 1/12.
    const found = ask(study('conditional'), { evaluator: 'fanova' });
    expect(
      found
        .map(({ key }) => key)
        .slice(0, 2)
        .sort(),
    ).toEqual(['momentum', 'optimizer']);
    const shareOf = byKey(found);
    expect(shareOf.dropout).toBeGreaterThan(shareOf.beta);
    expect(shareOf.fixed).toBe(0);
  });

  it('gives the same answer for the same seed, and another for another', () => {
    const of = study('mixed');
    expect(ask(of, { evaluator: 'fanova' })).toEqual(ask(of, { evaluator: 'fanova' }));
    expect(ask(of, { evaluator: 'fanova', seed: 2 })).not.toEqual(ask(of, { evaluator: 'fanova' }));
  });
});

describe.each(['ped_anova', 'fanova'] as const)('importance by %s', (evaluator) => {
  const of = study('linear');

  it('sums to 1, most first, and names the values of the best trial', () => {
    const found = ask(of, { evaluator });
    expect(found.reduce((sum, { importance }) => sum + importance, 0)).toBeCloseTo(1, 12);
    expect(found.map(({ key }) => key)).toEqual(['x0', 'x1', 'x2']);
    const rows = trialsOf(of);
    const best = rows.reduce((a, b) => (b.values![0] < a.values![0] ? b : a));
    for (const { key, best: value } of found) expect(value).toBe(best.params[key]);
  });

  it('ignores trials without a finite objective, and all that are not complete', () => {
    const rows = trialsOf(of);
    const odd = [
      trial(900, { x0: 0.5, x1: 0, x2: 0 }, [NaN], 'complete'),
      trial(901, { x0: 0.5, x1: 0, x2: 0 }, [-Infinity], 'complete'),
      trial(902, { x0: 0.5, x1: 0, x2: 0 }, [-99], 'pruned'),
      trial(903, { x0: 0.5, x1: 0, x2: 0 }, null, 'failed'),
      trial(904, { x0: 0.5, x1: 0, x2: 0 }, null, 'running'),
    ];
    expect(ask(of, { evaluator }, [...odd, ...rows])).toEqual(ask(of, { evaluator }, rows));
  });

  it('looks at the objective that it is asked for, in its direction', () => {
    const rows = trialsOf(of).map((row) => ({ ...row, values: [Number(row.params.x2), -row.values![0]] }));
    const second = ask(of, { evaluator, objective: 1, direction: 'maximize' }, rows);
    expect(second).toEqual(ask(of, { evaluator }));
    expect(ask(of, { evaluator, objective: 0 }, rows)[0].key).toBe('x2');
  });

  it('says nothing of too few trials or equal ones', () => {
    const rows = trialsOf(of);
    expect(ask(of, { evaluator }, [])).toEqual([]);
    expect(ask(of, { evaluator }, rows.slice(0, 1))).toEqual([]);
    expect(
      ask(
        of,
        { evaluator },
        rows.map((row) => ({ ...row, values: [1] })),
      ),
    ).toEqual([]);
    expect(
      ask(
        of,
        { evaluator },
        rows.map((row) => ({ ...row, params: {} })),
      ),
    ).toEqual([]);
    expect(ask(of, { evaluator, objective: 3 })).toEqual([]);
  });

  it('leaves out what no trial has, and a value that the space does not know', () => {
    const rows = trialsOf(of).map((row, i) => ({
      ...row,
      params: { x0: row.params.x0, x1: i === 0 ? 7 : row.params.x1 },
    }));
    expect(ask(of, { evaluator }, rows).map(({ key }) => key)).toEqual(['x0', 'x1']);
  });

  it('gives null as the best value of a parameter that the best trial does not have', () => {
    const each = study('conditional');
    const best = trialsOf(each).reduce((a, b) => (b.values![0] < a.values![0] ? b : a));
    for (const { key, best: value } of ask(each, { evaluator })) expect(value).toBe(best.params[key] ?? null);
  });
});
