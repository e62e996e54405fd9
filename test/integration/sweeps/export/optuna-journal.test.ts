import * as v from 'valibot';
import { expect, it } from 'vitest';
import type { ParameterValue } from '../../../../src/config/search/space';
import type { TrialRow, TrialState } from '../../../../src/store/study';
import {
  distributionToJson,
  readDistribution,
  toOptunaChoice,
} from '../../../../src/sweeps/export/optuna-distribution';
import { writeOptunaJournal } from '../../../../src/sweeps/export/optuna-journal';
import { readOptunaJournal } from '../../../../src/sweeps/export/read-optuna-journal';
import { paretoFront } from '../../../../src/sweeps/pareto';
import { studyRow, trialRow, TRIALS } from '../../../unit/sweeps/export/study';
import { describePython, runPython } from '../../python';

/** Python writes what JSON has no number for as text. */
const number = v.pipe(
  v.union([v.number(), v.picklist(['nan', 'inf', '-inf'])]),
  v.transform((value) => (value === 'nan' ? NaN : value === 'inf' ? Infinity : value === '-inf' ? -Infinity : value)),
);
const attributes = v.record(v.string(), v.any());
const STUDIES = v.array(
  v.object({
    name: v.string(),
    directions: v.array(v.picklist(['MINIMIZE', 'MAXIMIZE'])),
    metric_names: v.nullable(v.array(v.string())),
    user_attrs: attributes,
    best: v.nullable(v.number()),
    front: v.array(v.number()),
    trials: v.array(
      v.object({
        number: v.number(),
        state: v.picklist(['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING']),
        values: v.nullable(v.array(number)),
        params: attributes,
        distributions: v.record(v.string(), v.string()),
        intermediate: v.array(v.tuple([v.number(), number])),
        user_attrs: attributes,
        fixed_params: v.nullable(attributes),
        violation: v.number(),
        started: v.nullable(v.number()),
        ended: v.nullable(v.number()),
      }),
    ),
  }),
);

type TheirTrial = v.InferOutput<typeof STUDIES>[number]['trials'][number];

const STATES: Record<TheirTrial['state'], TrialState> = {
  // A file does not run.
  RUNNING: 'failed',
  COMPLETE: 'complete',
  PRUNED: 'pruned',
  FAIL: 'failed',
  WAITING: 'waiting',
};

const reported = ({ intermediate: { steps, values } }: TrialRow) => steps.map((step, i) => [step, values[i]]);

describePython('a journal of ours in Optuna', () => {
  const study = studyRow({ name: 'digits ☃' });

  it('has its trials, ranges, best and attributes, and Optuna goes on with it', async () => {
    const journal = writeOptunaJournal(study, TRIALS);
    const theirs = await runPython(
      'sweeps/export/open_journal.py',
      { journal },
      v.object({ studies: STUDIES, after: v.array(v.string()), journal: v.string() }),
    );
    expect(theirs.studies).toHaveLength(1);
    const [opened] = theirs.studies;
    expect(opened).toMatchObject({
      name: 'digits ☃',
      directions: ['MINIMIZE'],
      metric_names: ['val_loss'],
      user_attrs: { dataset: 'mnist', tags: ['small', 'cnn'], notes: study.notes },
      // Trial 1 is better, and breaks a constraint.
      best: 0,
    });
    for (const [i, trial] of TRIALS.entries()) {
      const their = opened.trials[i];
      const isWaiting = trial.state === 'waiting';
      expect(STATES[their.state]).toBe(trial.state);
      expect(isWaiting ? their.fixed_params : their.params).toEqual(
        Object.fromEntries(Object.entries(trial.params).map(([key, value]) => [key, toOptunaChoice(value)])),
      );
      expect(their.distributions).toEqual(
        isWaiting
          ? {}
          : Object.fromEntries(Object.keys(trial.params).map((key) => [key, distributionToJson(study.space[key])])),
      );
      expect(their).toMatchObject({
        number: trial.number,
        values: trial.values,
        intermediate: reported(trial),
        violation: trial.violation,
        started: trial.started,
        ended: trial.ended,
      });
    }
    expect(opened.trials[3].user_attrs).toEqual({ reason: TRIALS[3].reason });
    expect(opened.trials[0].user_attrs).toEqual({ generation: 1, parents: [0, 2], run_ids: ['run0'], steps: 60 });

    // Three trials: the one that waited, which is no new one, and two more.
    expect(theirs.after).toEqual(['COMPLETE', 'COMPLETE']);
    const [again] = readOptunaJournal(theirs.journal, 'study.log');
    expect(again.trials).toHaveLength(TRIALS.length + 2);
    expect(again.trials.slice(0, 4)).toEqual(TRIALS.slice(0, 4).map((row) => ({ ...row, study_id: again.study.id })));
    expect(again.trials[4]).toMatchObject({ state: 'complete', params: TRIALS[4].params });
    expect(again.study.space).toEqual(study.space);
  });

  it('has several objectives and their front', async () => {
    const objectives = [
      { metric: 'val_loss', direction: 'minimize' as const },
      { metric: 'val_accuracy', direction: 'maximize' as const },
    ];
    const trials = [
      [0.5, 0.5],
      [0.25, 0.4],
      [0.75, 0.9],
      [0.75, 0.3],
      [Infinity, 0.95],
    ].map((values, i) => trialRow({ number: i, values, params: { 'model.layers': 3 } }));
    const theirs = await runPython(
      'sweeps/export/open_journal.py',
      { journal: writeOptunaJournal(studyRow({ objectives }), [...trials, trialRow({ number: 5, state: 'running' })]) },
      v.object({ studies: STUDIES }),
    );
    expect(theirs).toMatchObject({
      studies: [
        {
          directions: ['MINIMIZE', 'MAXIMIZE'],
          metric_names: ['val_loss', 'val_accuracy'],
          front: paretoFront(trials, ['minimize', 'maximize'])
            .map(({ number: one }) => one)
            .sort((a, b) => a - b),
        },
      ],
    });
  });
});

describePython('a journal of Optuna’s here', () => {
  it('has the trials that Optuna has', async () => {
    const { journal, studies } = await runPython(
      'sweeps/export/write_journal.py',
      {},
      v.object({ journal: v.string(), studies: STUDIES }),
    );
    const ours = readOptunaJournal(journal, 'study.log');
    expect(ours.map(({ study }) => study.name)).toEqual(studies.map(({ name }) => name));
    for (const [i, { study, trials }] of ours.entries()) {
      const theirs = studies[i];
      expect(study.objectives).toEqual(
        theirs.directions.map((direction, at) => ({
          metric: theirs.metric_names?.[at],
          direction: direction === 'MINIMIZE' ? 'minimize' : 'maximize',
        })),
      );
      expect(study.best?.number ?? null).toBe(theirs.best);
      expect(trials).toHaveLength(theirs.trials.length);
      for (const [at, trial] of trials.entries()) {
        const their = theirs.trials[at];
        expect(trial).toMatchObject({
          number: their.number,
          state: STATES[their.state],
          params: their.state === 'WAITING' ? (their.fixed_params ?? {}) : their.params,
          values: their.values,
          violation: their.violation,
          attributes: their.user_attrs,
          started: their.started,
          ended: their.ended,
        });
        expect(Object.keys(trial.params)).toHaveLength(
          Object.keys(their.state === 'WAITING' ? (their.fixed_params ?? {}) : their.params).length,
        );
        expect(reported(trial)).toEqual(their.intermediate);
        // Ranges are read as they were written, and the study's holds them all.
        for (const [key, json] of Object.entries(their.distributions)) {
          expect(distributionToJson(readDistribution(json)!)).toBe(json);
          expect(study.space).toHaveProperty([key]);
        }
      }
      const directions = study.objectives.map(({ direction }) => direction);
      if (directions.length > 1) {
        expect(
          paretoFront(trials, directions)
            .map(({ number: one }) => one)
            .sort((a, b) => a - b),
        ).toEqual(theirs.front);
      }
    }
    const [first] = ours;
    expect(first.study.counts.pruned).toBeGreaterThan(3);
    expect(first.study.space.flag.type).toBe('bool');
    expect(first.study.space.rate).toMatchObject({ high: 1, log: true });
    const choices = new Set(first.trials.map(({ params }): ParameterValue | undefined => params.optimizer));
    expect(choices.size).toBeGreaterThan(3);
    expect(first.trials.at(-1)?.state).toBe('waiting');
  });
});
