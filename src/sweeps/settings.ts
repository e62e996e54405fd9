/** What a study is made of, from its row. */
import { objectivesOf } from '../config/search/search';
import type { RunConfig } from '../config/schema';
import { LatheError } from '../base/errors';
import type { StudyRow } from '../store/study';
import { createPruner } from './pruners/registry';
import { createSampler } from './samplers/registry';
import { Space } from './space/space';
import type { StudySettings } from './study';

/** The config of a study that runs here. @throws LatheError of kind `usage` for one that came from a file. */
export function configOf(study: StudyRow): RunConfig {
  if (study.config) return study.config;
  throw new LatheError('usage', `The study ${study.name} came from a file: it can be looked at, not run.`);
}

/** Settings of a study that runs here. Deterministic: the same row gives the same study. */
export function settingsOf(study: StudyRow): StudySettings {
  const config = configOf(study);
  const search = config.optimization.hyperparameter_search;
  return {
    id: study.id,
    // The name that the user gave may change while the study runs; the config's does not.
    name: config.name ?? 'study',
    seed: search.seed ?? config.reproducibility.seed,
    directions: objectivesOf(search).map(({ direction }) => direction),
    space: new Space(search.search_space, search.constraints),
    sampler: createSampler(search.sampler),
    pruner: createPruner(search.pruner),
    nTrials: search.n_trials,
    maxResource: search.folds ?? config.training.epochs,
  };
}
