import { describe, expect, it } from 'vitest';
import type { ParameterSpec } from '../../../../src/config/search/space';
import { LatheError } from '../../../../src/base/errors';
import { distributionToJson, readDistribution, widen } from '../../../../src/sweeps/export/optuna-distribution';
import { writeOptunaJournal } from '../../../../src/sweeps/export/optuna-journal';
import { readOptunaJournal } from '../../../../src/sweeps/export/read-optuna-journal';
import { START, studyRow, trialRow, TRIALS } from './study';

const lines = (...operations: object[]): string => operations.map((line) => `${JSON.stringify(line)}\n`).join('');
const FLOAT = '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}';
const create = { op_code: 0, worker_id: 'w', study_name: 's', directions: [1] };
const trial = { op_code: 4, worker_id: 'w', study_id: 0, datetime_start: '2026-11-03T10:00:00.123456+00:00' };
const x = (trial_id: number, value: number, distribution = FLOAT) => ({
  op_code: 5,
  trial_id,
  param_name: 'x',
  param_value_internal: value,
  distribution,
});
const end = (trial_id: number, state: number, values: number[] | null) => ({
  op_code: 6,
  trial_id,
  state,
  values,
  datetime_complete: '2026-11-03T10:00:01.500000+00:00',
});

function refusal(text: string): LatheError {
  try {
    readOptunaJournal(text, 'study.log');
  } catch (error) {
    if (error instanceof LatheError) return error;
    throw error;
  }
  throw new Error('The journal was read.');
}

describe('a journal that we wrote', () => {
  const study = studyRow({ best: { number: 0, values: [0.5], params: TRIALS[0].params } });
  const text = writeOptunaJournal(study, TRIALS);

  it('comes back as it was, conditions, lists and reasons included', () => {
    const [read] = readOptunaJournal(text, 'study.log');
    const { id } = read.study;
    expect(read.trials).toEqual(TRIALS.map((row) => ({ ...row, study_id: id })));
    expect(read.study).toEqual({
      ...study,
      id,
      steps: 140,
      seconds: 120,
      updated: START + 3 * 60_000 + 30_000,
    });
  });

  it('has the lines that Optuna expects', () => {
    const written = text.split('\n');
    expect(written[0]).toBe('{"op_code":0,"worker_id":"lathe","study_name":"digits sweep","directions":[1]}');
    expect(written[1]).toBe(
      '{"op_code":3,"worker_id":"lathe","study_id":0,"system_attr":{"study:metric_names":["val_loss"]}}',
    );
    const first = written.find((line) => line.startsWith('{"op_code":4'));
    expect(first).toContain('"datetime_start":"2026-11-03T10:00:00.000+00:00","state":0,');
    expect(first).toContain('"training.optimizer.name":0,"training.optimizer.momentum":0.3,"model.layers":3.0,');
    expect(written).toContain('{"op_code":7,"worker_id":"lathe","trial_id":0,"step":1,"intermediate_value":Infinity}');
    expect(written).toContain('{"op_code":7,"worker_id":"lathe","trial_id":3,"step":0,"intermediate_value":NaN}');
    expect(written).toContain(
      '{"op_code":6,"worker_id":"lathe","trial_id":0,"state":1,"values":[0.5],' +
        '"datetime_start":"2026-11-03T10:00:00.000+00:00","datetime_complete":"2026-11-03T10:00:30.000+00:00"}',
    );
  });

  it('keeps a running trial running, and what cannot be complete failed', () => {
    const states = readOptunaJournal(
      writeOptunaJournal(study, [
        trialRow({ number: 0, state: 'running', ended: null }),
        trialRow({ number: 1, values: [NaN] }),
        trialRow({ number: 2, state: 'pruned', values: [NaN] }),
      ]),
      'study.log',
    )[0].trials.map(({ state, values }) => ({ state, values }));
    expect(states).toEqual([
      { state: 'failed', values: null },
      { state: 'failed', values: null },
      { state: 'pruned', values: null },
    ]);
  });
});

describe('distributions', () => {
  // As optuna 5.0.0 prints distribution_to_json of the same ranges.
  it.each<[ParameterSpec, string]>([
    [
      { type: 'float', low: 1e-5, high: 0.1, log: true, step: null, when: null },
      '{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}',
    ],
    [
      { type: 'float', low: 0.1, high: 0.35, log: false, step: 0.1, when: null },
      '{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.1, "high": 0.3, "log": false}}',
    ],
    [
      { type: 'float', low: -1, high: 0.99, log: false, step: 1e-7, when: null },
      '{"name": "FloatDistribution", "attributes": {"step": 1e-07, "low": -1.0, "high": 0.99, "log": false}}',
    ],
    [
      { type: 'float', low: 0, high: 1e21, log: false, step: 3e20, when: null },
      '{"name": "FloatDistribution", "attributes": {"step": 3e+20, "low": 0.0, "high": 9e+20, "log": false}}',
    ],
    [
      { type: 'int', low: 1, high: 8, log: false, step: 2, when: null },
      '{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 7}}',
    ],
    [
      { type: 'categorical', choices: ['a', null, true, 3, 0.5, [64, 32]], when: null },
      '{"name": "CategoricalDistribution", "attributes": {"choices": ["a", null, true, 3, 0.5, "[64,32]"]}}',
    ],
    [{ type: 'bool', when: null }, '{"name": "CategoricalDistribution", "attributes": {"choices": [false, true]}}'],
  ])('are written as Optuna writes them', (spec, json) => {
    expect(distributionToJson(spec)).toBe(json);
  });

  it.each([
    ['{"name": "UniformDistribution", "attributes": {"low": 0, "high": 1}}', 'float', false, null],
    ['{"name": "LogUniformDistribution", "attributes": {"low": 0.1, "high": 1}}', 'float', true, null],
    ['{"name": "DiscreteUniformDistribution", "attributes": {"low": 0, "high": 1, "q": 0.5}}', 'float', false, 0.5],
    ['{"name": "IntUniformDistribution", "attributes": {"low": 0, "high": 6, "step": 2}}', 'int', false, 2],
    ['{"name": "IntLogUniformDistribution", "attributes": {"low": 1, "high": 6, "step": 1}}', 'int', true, 1],
    ['{"type": "float", "low": 0, "high": 1}', 'float', false, null],
    ['{"type": "int", "low": 1, "high": 5, "log": true}', 'int', true, 1],
  ])('of older and shorter forms are read: %s', (json, type, log, step) => {
    expect(readDistribution(json)).toMatchObject({ type, log, step, when: null });
  });

  it.each(['', '{}', '{"name": "Other", "attributes": {}}', '{"type": "float", "low": 2, "high": 1}', '[]'])(
    'that mean nothing are none: %s',
    (json) => {
      expect(readDistribution(json)).toBeNull();
    },
  );

  it('join to one that holds both', () => {
    const float = { type: 'float', low: 0, high: 1, log: false, step: 0.5, when: null } as const;
    expect(widen(float, { ...float, low: 0.5, high: 2 })).toEqual({ ...float, high: 2 });
    expect(widen(float, { ...float, low: 0.25, high: 1.25 })).toEqual({ ...float, high: 1.25, step: null });
    expect(widen(float, { type: 'bool', when: null })).toBeNull();
    expect(widen({ type: 'bool', when: null }, { type: 'categorical', choices: [true, 'auto'], when: null })).toEqual({
      type: 'categorical',
      choices: [false, true, 'auto'],
      when: null,
    });
  });
});

describe('a journal that Optuna wrote', () => {
  it('gives back trials of several workers, whatever the order of their lines', () => {
    const [{ study, trials }] = readOptunaJournal(
      lines(create, trial, { ...trial, worker_id: 'v' }, x(1, 0.25), x(0, 0.75), end(1, 1, [2]), end(0, 2, [4])),
      'study.log',
    );
    expect(trials).toMatchObject([
      { number: 0, state: 'pruned', params: { x: 0.75 }, values: [4], started: START + 123, ended: START + 1500 },
      { number: 1, state: 'complete', params: { x: 0.25 }, values: [2] },
    ]);
    expect(study).toMatchObject({
      status: 'finished',
      config: null,
      objectives: [{ metric: 'value', direction: 'minimize' }],
      space: { x: { type: 'float', low: 0, high: 1 } },
      counts: { complete: 1, pruned: 1, failed: 0, waiting: 0, running: 0 },
      best: { number: 1, values: [2], params: { x: 0.25 } },
    });
  });

  it('passes over what Optuna passes over: ended trials, deleted studies, names that are taken', () => {
    const studies = readOptunaJournal(
      lines(
        create,
        create,
        trial,
        end(0, 1, [1]),
        { op_code: 7, trial_id: 0, step: 0, intermediate_value: 9 },
        end(0, 3, null),
        { ...create, study_name: 'gone' },
        { ...trial, study_id: 1 },
        { op_code: 1, study_id: 1 },
        { ...trial, study_id: 1 },
        { op_code: 2, study_id: 1, user_attr: { a: 1 } },
        { ...create, study_name: 'third', directions: [2, 1] },
        { ...trial, study_id: 2 },
        end(2, 1, [3, 4]),
        { op_code: 10, trial_ids: [2] },
      ),
      'study.log',
    );
    expect(studies.map(({ study, trials }) => [study.name, trials.map(({ values }) => values)])).toEqual([
      ['s', [[1]]],
      ['third', [[3, 4]]],
    ]);
    expect(studies[0].trials[0].intermediate.steps).toEqual([]);
    expect(studies[1].study).toMatchObject({
      best: null,
      objectives: [
        { metric: 'values_0', direction: 'maximize' },
        { metric: 'values_1', direction: 'minimize' },
      ],
    });
  });

  it('reads trials added whole, enqueued ones and constraints of both kinds', () => {
    const whole = {
      ...trial,
      state: 1,
      value: 3,
      values: null,
      datetime_complete: '2026-11-03T10:00:02+00:00',
      distributions: { x: FLOAT },
      params: { x: 0.5 },
      user_attrs: { memo: { a: [1] }, steps: 'many' },
      system_attrs: { constraints: [-1, 2] },
      intermediate_values: { 10: 5, 2: 4 },
    };
    const waiting = { ...trial, datetime_start: null, state: 4, system_attrs: { fixed_params: { x: 0.5, n: null } } };
    const [{ study, trials }] = readOptunaJournal(
      lines(create, whole, waiting, { op_code: 9, trial_id: 1, system_attr: { 'constraints:memory': 0.5 } }),
      'study.log',
    );
    expect(trials).toMatchObject([
      {
        values: [3],
        params: { x: 0.5 },
        intermediate: { steps: [2, 10], values: [4, 5] },
        violation: 2,
        attributes: { memo: { a: [1] }, steps: 'many' },
      },
      { state: 'waiting', params: { x: 0.5, n: null }, started: null, violation: 0.5 },
    ]);
    expect(study.best).toBeNull();
  });

  it('takes a trial that was running for a failed one', () => {
    const [{ study, trials }] = readOptunaJournal(lines(create, trial, x(0, 0.5)), 'study.log');
    expect(trials[0]).toMatchObject({ state: 'failed', params: { x: 0.5 } });
    expect(trials[0].reason).toMatch(/running/);
    expect(study.notices).toHaveLength(1);
  });

  it('joins ranges that differ from trial to trial, and leaves out those of another kind', () => {
    const wider = FLOAT.replace('1.0', '3.0');
    const choices = '{"name": "CategoricalDistribution", "attributes": {"choices": ["a", "b"]}}';
    const [{ study, trials }] = readOptunaJournal(
      lines(create, trial, x(0, 0.5), trial, x(1, 2.5, wider), trial, x(2, 1, choices), {
        ...trial,
        params: { x: 1 },
        distributions: { x: choices },
      }),
      'study.log',
    );
    expect(study.space).toMatchObject({ x: { type: 'float', low: 0, high: 3 } });
    expect(trials.map(({ params }) => params)).toEqual([{ x: 0.5 }, { x: 2.5 }, {}, {}]);
    expect(study.notices.map(({ message }) => message)).toContainEqual(expect.stringContaining('x is a number'));
  });

  it('reads bare NaN, and reports in any order', () => {
    const text =
      lines(create, trial) +
      '{"op_code":7,"trial_id":0,"step":3,"intermediate_value":NaN}\n' +
      '{"op_code":7,"trial_id":0,"step":1,"intermediate_value":-Infinity}\n' +
      '{"op_code":6,"trial_id":0,"state":1,"values":[NaN],"datetime_complete":"2026-11-03T10:00:02"}\n';
    expect(readOptunaJournal(text, 'study.log')[0].trials[0]).toMatchObject({
      state: 'failed',
      reason: 'Its objective is no number.',
      values: null,
      intermediate: { steps: [1, 3], values: [-Infinity, NaN] },
    });
  });

  it('tolerates a last line that was cut off', () => {
    const [{ study, trials }] = readOptunaJournal(`${lines(create, trial)}{"op_code":6,"tri`, 'study.log');
    expect(trials).toHaveLength(1);
    expect(study.notices[0].message).toMatch(/line 3/);
  });

  it.each([
    ['{"op_code":6,"tri\n', 3, /not valid JSON/],
    [lines({ op_code: 11 }), 3, /op_code 11/],
    [lines({ study_id: 0 }), 3, /op_code/],
    [lines({ op_code: 7, trial_id: 0, step: 0.5, intermediate_value: 1 }), 3, /step is 0\.5/],
    [lines(end(1, 1, [1])), 3, /trial 1/],
    [lines({ ...trial, study_id: 4 }), 3, /study 4/],
    [lines(x(0, 1, '{}')), 3, /distribution of x/],
    [lines(x(0, 2, '{"type": "categorical", "choices": [1, 2]}')), 3, /value 2/],
    [lines(end(0, 1, [1, 2])), 3, /2 values.*1 objective/],
    [lines(end(0, 9, null)), 3, /state is 9/],
    [lines({ ...trial, datetime_start: 'yesterday' }), 3, /datetime_start/],
  ])('refuses %s', (text, row, message) => {
    const error = refusal(lines(create, trial) + text);
    expect(error).toMatchObject({ kind: 'data', where: { file: 'study.log', row } });
    expect(error.message).toMatch(/^study\.log, line 3: /);
    expect(error.message).toMatch(message);
  });

  it('says what other files are', () => {
    expect(refusal('number,state\n0,complete\n').message).toMatch(/line 1: .*not valid JSON/);
    expect(refusal('SQLite format 3\0').message).toMatch(/copy_study/);
    expect(refusal('').message).toMatch(/no study/);
    expect(refusal('{"op_code":0').message).toMatch(/line 1/);
  });
});
