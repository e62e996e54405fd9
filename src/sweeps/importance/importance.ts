/** How much each parameter matters for an objective. To add a way: a file here, and its line in `registry.ts`. */
import type { ParameterValue } from '../../config/search/space';
import type { Distribution } from '../space/distribution';

/** How importance is worked out. */
export type ImportanceEvaluator = 'ped_anova' | 'fanova';

/** Importance of one parameter. */
export interface Importance {
  key: string;
  /** Its share, 0 to 1; those of all parameters sum to 1. */
  importance: number;
  /** The value of the best trial; null where that trial does not have the parameter. */
  best: ParameterValue;
}

/** The values of one parameter in all trials. */
export interface Column {
  distribution: Distribution;
  /** One a trial: a number, or the index of a choice. NaN where the trial does not have the parameter. */
  values: Float64Array;
}

/**
 * Works out how much parameters matter.
 * @param columns Each with a value in one trial at least.
 * @param losses One a trial: finite, less is better, not all equal.
 * @returns One a column, from 0; only their ratio counts.
 */
export type Evaluate = (columns: readonly Column[], losses: Float64Array, seed: number) => number[];
