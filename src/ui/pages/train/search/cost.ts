/** What a search may cost before it has begun: trials, epochs, combinations. */
import type { RunConfig } from '../../../../config/schema';
import type { ParameterValue, SearchSpace } from '../../../../config/search/space';
import { cardinality, sameValue } from '../../../../config/search/ranges';
import { distributionOf, type Distribution } from '../../../../sweeps/space/distribution';
import { formatCount, plural } from '../../../format';

/** Combinations of the parameters that conditions ask for, up to which they are counted one by one. */
const MOST_PARENTS = 10_000;

/**
 * How many different combinations the space holds, before constraints; infinite where a parameter can take any number.
 * Conditions are counted out where few enough parameters decide them, else this is an upper bound.
 */
export function combinations(space: SearchSpace): number {
  const sizes = new Map(Object.entries(space).map(([key, spec]) => [key, cardinality(distributionOf(spec))]));
  const product = (keys: string[]): number => keys.reduce((count, key) => count * (sizes.get(key) ?? 1), 1);
  const keys = Object.keys(space);
  const parents = inOrder(space).filter((key) => keys.some((other) => key in (space[other].when ?? {})));
  if (product(parents) > MOST_PARENTS) return product(keys);

  const count = (index: number, chosen: Map<string, ParameterValue>): number => {
    const active = (key: string): boolean =>
      Object.entries(space[key].when ?? {}).every(([other, wanted]) => {
        const value = chosen.get(other);
        return value !== undefined && (Array.isArray(wanted) ? wanted : [wanted]).some((one) => sameValue(one, value));
      });
    if (index === parents.length) return product(keys.filter((key) => !parents.includes(key) && active(key)));
    const key = parents[index];
    if (!active(key)) return count(index + 1, chosen);
    return valuesOf(distributionOf(space[key])).reduce<number>(
      (sum, value) => sum + count(index + 1, new Map(chosen).set(key, value)),
      0,
    );
  };
  return count(0, new Map());
}

/** Keys with those that they depend on first; what goes round in a circle comes last, as it stands. */
function inOrder(space: SearchSpace): string[] {
  const placed: string[] = [];
  let waiting = Object.keys(space);
  while (waiting.length > 0) {
    const ready = waiting.filter((key) =>
      Object.keys(space[key].when ?? {}).every((other) => !(other in space) || placed.includes(other)),
    );
    if (ready.length === 0) return [...placed, ...waiting];
    placed.push(...ready);
    waiting = waiting.filter((key) => !ready.includes(key));
  }
  return placed;
}

function valuesOf(distribution: Distribution): ParameterValue[] {
  if (distribution.type === 'categorical') return distribution.choices;
  const { low, step } = distribution;
  return Array.from({ length: cardinality(distribution) }, (_, index) => low + index * (step ?? 0));
}

/** The most that a search can cost. */
export interface SearchCost {
  trials: number;
  /** Of one trial on one fold. */
  epochs: number;
  folds: number;
  /** Epochs of all trials. */
  total: number;
  combinations: number;
}

/** The most that the search of `config` can cost: pruning and early stopping make it less. */
export function costOf({ training, optimization }: RunConfig): SearchCost {
  const { search_space: space, n_trials, sampler, folds } = optimization.hyperparameter_search;
  const count = combinations(space);
  // A grid ends when it has been through.
  const trials = sampler.name === 'grid' ? Math.min(n_trials, count) : n_trials;
  const searched = Object.hasOwn(space, 'training.epochs') ? space['training.epochs'] : null;
  const epochs =
    searched?.type === 'int' || searched?.type === 'float'
      ? searched.high
      : searched?.type === 'categorical'
        ? Math.max(...searched.choices.filter((choice) => typeof choice === 'number'))
        : training.epochs;
  return { trials, epochs, folds: folds ?? 1, total: trials * epochs * (folds ?? 1), combinations: count };
}

/** `30 trials × 10 epochs = up to 300 epochs`. */
export function costInWords({ trials, epochs, folds, total }: SearchCost): string {
  const parts = [plural(trials, 'trial'), ...(folds > 1 ? [plural(folds, 'fold')] : []), plural(epochs, 'epoch')];
  return `${parts.join(' × ')} = up to ${plural(total, 'epoch')}`;
}

/** `48 different combinations`, or that there is no end of them. */
export function combinationsInWords(count: number): string {
  if (count === Infinity) return 'no end of combinations';
  return count > 1e9
    ? 'more than 1,000,000,000 combinations'
    : `${formatCount(count)} different ${count === 1 ? 'combination' : 'combinations'}`;
}
