/** Studies as a search would leave them, made from a seed: for pages, charts and files that show them. */
import { randomStream } from '../../src/base/random';
import { parseConfig } from '../../src/config/parse';
import { searchSpace, type SearchSpace } from '../../src/config/search/space';
import type { StudyRow, TrialParams, TrialRow, TrialState } from '../../src/store/study';
import * as v from 'valibot';

/** What kind of study. */
export interface SyntheticOptions {
  id?: string;
  name?: string;
  trials?: number;
  /** Val loss alone, or step time as well. */
  objectives?: 1 | 2;
  /** Of the trials, how many the study was asked for; more than there are where it still runs. */
  planned?: number;
  status?: StudyRow['status'];
  /** When it began, in milliseconds since the epoch. */
  started?: number;
}

/** Learning rate, layers, dropout, optimizer, and a momentum that only one optimizer has. */
const SPACE: SearchSpace = v.parse(searchSpace, {
  'training.optimizer.learning_rate': { type: 'float', low: 1e-5, high: 1e-1, log: true },
  'model.hidden.0': { type: 'int', low: 16, high: 512, log: true },
  'model.dropout': { type: 'float', low: 0, high: 0.5, step: 0.05 },
  'training.optimizer.name': { type: 'categorical', choices: ['sgd', 'adamw', 'lion'] },
  'training.optimizer.momentum': {
    type: 'float',
    low: 0,
    high: 0.99,
    when: { 'training.optimizer.name': 'sgd' },
  },
});

const EPOCHS = 20;

/** A study and its trials. A few of many diverge: their values are no numbers, or huge. */
export function syntheticStudy(options: SyntheticOptions = {}): { study: StudyRow; trials: TrialRow[] } {
  const { id = 'study', name = 'digits sweep', trials: count = 30, objectives = 1, status = 'finished' } = options;
  const started = options.started ?? 1_790_000_000_000;
  const random = randomStream(7, 'synthetic study');
  const trials: TrialRow[] = [];
  let clock = started;
  for (let number = 0; number < count; number++) {
    const progress = number / Math.max(30, count);
    const params: TrialParams = {
      'training.optimizer.learning_rate': 10 ** (-5 + 4 * pull(random.uniform(), 0.55, progress)),
      'model.hidden.0': Math.round(2 ** (4 + 5 * pull(random.uniform(), 0.7, progress))),
      'model.dropout': Math.round(random.uniform() * 10) / 20,
      'training.optimizer.name': ['sgd', 'adamw', 'lion'][random.integer(3)],
    };
    if (params['training.optimizer.name'] === 'sgd') params['training.optimizer.momentum'] = random.uniform() * 0.99;
    const goal = lossOf(params) * (0.95 + 0.1 * random.uniform());
    const luck = random.uniform();
    const running = status === 'running' && number === count - 1;
    const state: TrialState = running
      ? 'running'
      : luck < 0.03
        ? 'failed'
        : luck < 0.4 && number > 4
          ? 'pruned'
          : 'complete';
    const epochs = state === 'pruned' ? 1 + random.integer(8) : running ? 6 : state === 'failed' ? 3 : EPOCHS;
    const values = Array.from(
      { length: epochs },
      (_, epoch) => goal + (2.3 - goal) * Math.exp(-(epoch + 1) / 3) + 0.02 * random.uniform(),
    );
    if (state === 'failed') values.splice(1, 2, luck < 0.015 ? 1e12 : Infinity, NaN);
    const length = epochs * (400 + Number(params['model.hidden.0']) * 2) + 200 * random.uniform();
    const last = values[values.length - 1];
    trials.push({
      study_id: id,
      number,
      state,
      reason:
        state === 'pruned'
          ? `At epoch ${epochs} its best, ${Math.min(...values).toPrecision(3)}, was worse than the median.`
          : state === 'failed'
            ? 'The loss became NaN at step 31. Lower the learning rate.'
            : null,
      params,
      values:
        state === 'complete'
          ? [Math.min(...values), ...(objectives === 2 ? [0.4 + Number(params['model.hidden.0']) / 200] : [])]
          : state === 'pruned'
            ? [last]
            : null,
      intermediate: { steps: values.map((_, epoch) => epoch + 1), values },
      violation: 0,
      attributes: {},
      run_ids: [`${id}-run-${number}`],
      steps: epochs * 13,
      started: clock,
      ended: running ? null : clock + length,
    });
    clock += length + 40;
  }
  const counts = { waiting: 0, running: 0, complete: 0, pruned: 0, failed: 0 };
  for (const { state } of trials) counts[state]++;
  const complete = trials.filter(({ state }) => state === 'complete');
  const best = complete.reduce<TrialRow | null>(
    (least, trial) => (!least || (trial.values?.[0] ?? 0) < (least.values?.[0] ?? 0) ? trial : least),
    null,
  );
  const metrics = ['val_loss', 'step_ms'].slice(0, objectives);
  return {
    study: {
      id,
      name,
      created: started,
      updated: clock,
      deleted_at: null,
      status,
      reason: null,
      config: parseConfig({
        name,
        training: { epochs: EPOCHS },
        optimization: {
          hyperparameter_search: {
            n_trials: options.planned ?? Math.max(1, count),
            search_space: SPACE,
          },
        },
      }),
      config_hash: `hash of ${id}`,
      dataset_id: 'digits',
      dataset_name: 'digits',
      dataset_hash: '0'.repeat(64),
      objectives: metrics.map((metric) => ({ metric, direction: 'minimize' })),
      space: SPACE,
      warm_start: null,
      notes: '',
      tags: ['tuning'],
      counts,
      best: best?.values && objectives === 1 ? { number: best.number, values: best.values, params: best.params } : null,
      seconds: (clock - started) / 1000,
      steps: trials.reduce((sum, trial) => sum + trial.steps, 0),
      notices: [{ level: 'info', message: 'Pruning began after 5 complete trials.' }],
    },
    trials,
  };
}

/** A draw that comes closer to `target` as the search goes on. */
const pull = (draw: number, target: number, progress: number): number =>
  draw + (target - draw) * Math.min(0.8, progress * 1.2);

function lossOf(params: TrialParams): number {
  const rate = Math.log10(Number(params['training.optimizer.learning_rate']));
  const width = Math.log2(Number(params['model.hidden.0']));
  const kind = { sgd: 0.08, adamw: 0, lion: 0.03 }[String(params['training.optimizer.name'])] ?? 0;
  return 0.18 + 0.09 * (rate + 2.8) ** 2 + 0.015 * (width - 7.5) ** 2 + 0.2 * Number(params['model.dropout']) + kind;
}
