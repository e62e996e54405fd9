/**
 * Hyperband (Li et al. 2018, JMLR 18, 185): successive halving in several brackets, which differ in how early they begin to
 * end trials. Optuna's Hyperband pruner.
 */
import { crc32 } from '../../base/crc32';
import type { PrunerConfig } from '../../config/search/pruners';
import type { TrialRow } from '../../store/study';
import type { Asked, Pruner } from './pruner';
import { fallsFrom } from './rungs';

const utf8 = new TextEncoder();

/**
 * The bracket `b` of `n` has its rungs at the steps `min_resource · η^(b + k)`, and a trial competes with those of its
 * bracket alone. Where `max_resource` is `auto` it is that of a whole trial; Optuna takes it from the first trials that are
 * complete, and ends none before.
 * @param asked See `pruner.ts`.
 */
export function hyperbandPruner(settings: Extract<PrunerConfig, { name: 'hyperband' }>, asked: Asked): Pruner {
  const { min_resource, max_resource, reduction_factor, bootstrap_count } = settings;
  return {
    prune(study, trial) {
      const budgets = bracketBudgets(
        min_resource,
        max_resource === 'auto' ? study.maxResource : max_resource,
        reduction_factor,
      );
      if (budgets.length === 0) return null;
      const bracket = bracketOf(study.name, trial.number, budgets);
      const ladder = {
        first: min_resource * reduction_factor ** bracket,
        factor: reduction_factor,
        bootstrap: bootstrap_count,
        called: `this rung of bracket ${bracket + 1} of ${budgets.length}`,
      };
      const inBracket = ({ number }: TrialRow): boolean => bracketOf(study.name, number, budgets) === bracket;
      return fallsFrom(ladder, study, trial, inBracket, asked);
    },
  };
}

/**
 * How many trials the brackets get, as a ratio: with η³ = R / min_resource and η = 3 it is 27 : 12 : 6 : 4. The brackets are
 * as many as the first rungs that a whole trial reaches. Counted in whole numbers: a logarithm of 243 to the base 3 is less than 5.
 */
export function bracketBudgets(minResource: number, maxResource: number, factor: number): number[] {
  let count = 0;
  for (let resource = minResource; resource <= maxResource; resource *= factor) count++;
  return Array.from({ length: count }, (_, bracket) => {
    const s = count - 1 - bracket;
    return Math.ceil((count * factor ** s) / (s + 1));
  });
}

/** The bracket of a trial: by a hash of the study's name and the trial's number, in the ratio of `budgets`. */
export function bracketOf(study: string, number: number, budgets: readonly number[]): number {
  const total = budgets.reduce((sum, budget) => sum + budget, 0);
  let rest = crc32(utf8.encode(`${study}_${number}`)) % total;
  return budgets.findIndex((budget) => (rest -= budget) < 0);
}
