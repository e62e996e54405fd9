/** Whether sampler, pruner and folds suit the rest of the search. */
import type { ConfigProblem } from '../explain';
import type { RunConfig } from '../schema';
import type { PrunerConfig } from './pruners';
import { allowed, inOrder, isActive, sameValue, cardinality } from './ranges';
import { objectivesOf } from './search';
import type { ParameterValue, SearchSpace } from './space';

const KEY = 'optimization.hyperparameter_search';

/** More combinations than anyone trains. */
const MAX_GRID = 100_000;

/** More combinations of conditions than are told apart. */
const MAX_BRANCHES = 5_000;

/** Problems of sampler, pruner and folds. @param countable Whether the ranges are sound, so that a grid can be counted. */
export function checkStudy({ data, optimization }: RunConfig, countable: boolean): ConfigProblem[] {
  const search = optimization.hyperparameter_search;
  const { sampler, pruner, folds, search_space: space } = search;
  const problems: ConfigProblem[] = [];
  const say = (key: string, sentence: string): void => {
    problems.push({ key, message: `${key} ${sentence}` });
  };
  const objectives = objectivesOf(search).length;
  if (sampler.name === 'cmaes' && objectives > 1) {
    say(
      `${KEY}.sampler`,
      `is ${sampler.name}, which searches for one objective, and there are ${objectives}. Set it to nsga2, gp or tpe.`,
    );
  }
  if (sampler.name === 'grid' && countable) problems.push(...checkGrid(space));
  problems.push(...checkPruner(`${KEY}.pruner`, pruner, folds));
  if (folds !== null && data.split.fold) {
    say(
      'data.split.fold',
      `is set, and ${KEY}.folds has every trial train on all ${folds} folds. Set one of the two to null.`,
    );
  }
  return problems;
}

function checkPruner(key: string, pruner: PrunerConfig, folds: number | null): ConfigProblem[] {
  switch (pruner.name) {
    case 'patient':
      return checkPruner(`${key}.pruner`, pruner.pruner, folds);
    case 'threshold': {
      const { lower, upper } = pruner;
      if (lower === null && upper === null)
        return [{ key, message: `${key} is threshold without bounds. Give it lower, upper or both.` }];
      if (lower !== null && upper !== null && lower > upper)
        return [{ key: `${key}.lower`, message: `${key}.lower is ${lower}, more than upper, ${upper}. Swap them.` }];
      return [];
    }
    case 'wilcoxon':
      if (folds !== null) return [];
      return [
        {
          key,
          message: `${key} is wilcoxon, which compares trials fold by fold, and there are no folds. Set ${KEY}.folds, to 5 for one, or choose another pruner.`,
        },
      ];
    case 'none':
    case 'median':
    case 'percentile':
    case 'successive_halving':
    case 'hyperband':
      return [];
  }
}

function checkGrid(space: SearchSpace): ConfigProblem[] {
  const endless = Object.entries(space).filter(([, spec]) => cardinality(spec) === Infinity);
  if (endless.length > 0) {
    return endless.map(([key]) => ({
      key: `${KEY}.search_space.${key}.step`,
      message: `${KEY}.search_space.${key} is a float without a step, of which a grid has no end. Give it a step, or choices.`,
    }));
  }
  const points = gridPoints(space);
  if (points <= MAX_GRID) return [];
  const count = points < 1e15 ? points.toLocaleString('en') : points.toExponential(1);
  return [
    {
      key: `${KEY}.search_space`,
      message: `${KEY}.search_space makes a grid of ${count} points; ${MAX_GRID.toLocaleString('en')} are the most. Search fewer keys, take larger steps, or choose another sampler.`,
    },
  ];
}

/** Combinations of a space without endless ranges. Parameters that are not searched together do not multiply. */
function gridPoints(space: SearchSpace): number {
  // Of a parameter that others depend on, each value that a condition names is followed; the rest go together.
  const named = new Map<string, ParameterValue[]>();
  for (const spec of Object.values(space)) {
    for (const [key, value] of Object.entries(spec.when ?? {})) {
      const known = named.get(key) ?? [];
      named.set(key, [...known, ...allowed(value).filter((one) => !known.some((other) => sameValue(one, other)))]);
    }
  }
  const steps = inOrder(space).order.map((key) => {
    const values = named.get(key) ?? [];
    return { key, spec: space[key], values, rest: cardinality(space[key]) - values.length };
  });
  const params: Record<string, ParameterValue> = {};
  let branches = 0;
  const count = (i: number): number => {
    if (i === steps.length) {
      branches++;
      return 1;
    }
    // Nobody writes so many conditions: what is counted then is too much, but not too little.
    if (branches > MAX_BRANCHES) return steps.slice(i).reduce((product, { spec }) => product * cardinality(spec), 1);
    const { key, spec, values, rest } = steps[i];
    if (!isActive(spec, params)) return count(i + 1);
    let points = rest > 0 ? rest * count(i + 1) : 0;
    for (const value of values) {
      params[key] = value;
      points += count(i + 1);
    }
    // Deleted, since what depends on it asks whether it is there.
    delete params[key];
    return points;
  };
  return count(0);
}
