/** What a sampler finds in a study, and what its suggestions cost. */
import * as v from 'valibot';
import { LatheError } from '../../src/base/errors';
import { samplers, type SamplerConfig } from '../../src/config/search/samplers';
import { noPruner } from '../../src/sweeps/pruners/none';
import { createSampler } from '../../src/sweeps/samplers/registry';
import { Space } from '../../src/sweeps/space/space';
import { Study } from '../../src/sweeps/study';
import { randomStream } from '../../src/base/random';
import type { TrialRow } from '../../src/store/study';
import { quartiles } from '../statistics';
import type { Objective } from './functions';

/** Results of one function and sampler. */
export interface SweepFigures {
  function: string;
  sampler: string;
  /** Whether parameters are modelled together. */
  multivariate: boolean;
  n_trials: number;
  /** The best value of each seed, from 0 on; null where no trial had a value. */
  best: (number | null)[];
  /** Mean milliseconds of a suggestion. */
  suggest_ms: number;
}

/** Runs a study for each seed. */
export async function measure(
  objective: Objective,
  sampler: SamplerConfig,
  seeds: number,
  nTrials: number,
): Promise<SweepFigures> {
  const best: (number | null)[] = [];
  let spent = 0;
  let suggestions = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const study = newStudy(objective, sampler, seed, nTrials);
    for (;;) {
      const start = performance.now();
      const trial = study.ask(0);
      if (!trial) break;
      spent += performance.now() - start;
      suggestions++;
      study.tell(trial.number, { state: 'complete', values: [await objective.evaluate(trial.params)] }, 0);
    }
    best.push(study.best?.values?.[0] ?? null);
  }
  return {
    function: objective.name,
    sampler: sampler.name,
    multivariate: sampler.name === 'tpe' && sampler.multivariate,
    n_trials: nTrials,
    best,
    suggest_ms: spent / suggestions,
  };
}

/** Suggestions that a cost is the median of: enough not to see how the code is warming up. */
const SUGGESTIONS = 25;

/**
 * Median milliseconds of a suggestion in studies that begin with so many finished trials, drawn at random. Their values are
 * random too: an objective of the user's own may take its time.
 */
export function suggestionCost(objective: Objective, sampler: SamplerConfig, finished: readonly number[]): number[] {
  const values = randomStream(0, 'values');
  const finish = (study: Study, { number }: TrialRow): void => {
    study.tell(number, { state: 'complete', values: [values.uniform()] }, 0);
  };
  const random = newStudy(objective, { name: 'random' }, 0, Math.max(...finished));
  for (let trial = random.ask(0); trial; trial = random.ask(0)) finish(random, trial);
  return finished.map((count) => {
    const study = newStudy(objective, sampler, 0, count + SUGGESTIONS, random.trials.slice(0, count));
    const times: number[] = [];
    for (;;) {
      const start = performance.now();
      const trial = study.ask(0);
      if (!trial) break;
      times.push(performance.now() - start);
      finish(study, trial);
    }
    return quartiles(times).median;
  });
}

function newStudy(
  { name, space }: Objective,
  sampler: SamplerConfig,
  seed: number,
  nTrials: number,
  trials: Study['trials'] = [],
): Study {
  return new Study(
    {
      id: name,
      name,
      seed,
      directions: ['minimize'],
      space: new Space(space),
      sampler: createSampler(sampler),
      pruner: noPruner(),
      nTrials,
      maxResource: 1,
    },
    trials,
  );
}

/**
 * A sampler by the name that the command takes: those of the config, and `tpe_independent`.
 * @throws LatheError of kind `usage` where there is none
 */
export function samplerNamed(name: string): SamplerConfig {
  const result = v.safeParse(samplers, name === 'tpe_independent' ? { name: 'tpe', multivariate: false } : { name });
  if (result.success) return result.output;
  const known = ['tpe_independent', ...samplers.options.map(({ entries }) => entries.name.literal)];
  throw new LatheError('usage', `--sampler: there is no ${name}. There are ${known.join(', ')}.`);
}
