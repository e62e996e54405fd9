import Papa from 'papaparse';
import { expect, it } from 'vitest';
import { writeTrialsCsv } from '../../../../src/sweeps/export/trials-csv';
import { studyRow, trialRow, TRIALS } from './study';

it('has a row per trial under the names of objectives and parameters', () => {
  const text = writeTrialsCsv(studyRow(), TRIALS);
  expect(text.split('\r\n')[0]).toBe(
    'number,state,val_loss,params_training.optimizer.learning_rate,params_training.optimizer.name,' +
      'params_training.optimizer.momentum,params_model.layers,params_model.filters,params_data.split.stratify,' +
      'steps,started,ended,duration_s,reason',
  );
  expect(text.endsWith('\r\n')).toBe(true);
  const { data, errors } = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true });
  expect(errors).toEqual([]);
  expect(data).toHaveLength(TRIALS.length);
  expect(data[0]).toMatchObject({
    number: '0',
    state: 'complete',
    val_loss: '0.5',
    'params_training.optimizer.momentum': '0.3',
    'params_model.filters': '[16,32]',
    'params_data.split.stratify': 'true',
    steps: '60',
    started: '2026-11-03T10:00:00.000Z',
    ended: '2026-11-03T10:00:30.000Z',
    duration_s: '30',
    reason: '',
  });
  // Null was chosen; momentum was not active.
  expect(data[1]).toMatchObject({ 'params_model.filters': 'null', 'params_training.optimizer.momentum': '' });
  expect(data[3]).toMatchObject({ val_loss: '', reason: TRIALS[3].reason });
  expect(data[4]).toMatchObject({ started: '', ended: '', duration_s: '' });
});

it('quotes what has commas, quotes and ends of lines, and writes numbers that are none', () => {
  const study = studyRow({
    objectives: [
      { metric: 'a,b', direction: 'minimize' },
      { metric: 'c', direction: 'maximize' },
    ],
    space: {},
  });
  const text = writeTrialsCsv(study, [
    trialRow({ number: 0, values: [NaN, -Infinity], reason: 'first "line"\nsecond', started: null }),
  ]);
  expect(text).toBe(
    'number,state,"a,b",c,steps,started,ended,duration_s,reason\r\n' +
      '0,complete,NaN,-Infinity,0,,2026-11-03T10:00:30.000Z,,"first ""line""\nsecond"\r\n',
  );
});

it('names who trained trials where others did', () => {
  const worker = { id: '0123456789abcdef', name: 'Ada', adapter: null };
  const lines = writeTrialsCsv(studyRow({ space: {} }), [trialRow({ number: 0, worker }), trialRow({ number: 1 })]);
  const { data } = Papa.parse<Record<string, string>>(lines, { header: true, skipEmptyLines: true });
  expect(data.map(({ trained_by }) => trained_by)).toEqual(['Ada', '']);
});
