/** How much each parameter matters for an objective. */
import type { ParameterValue } from '../../config/search/space';

/** How importance is worked out. */
export type ImportanceEvaluator = 'ped_anova' | 'fanova';

/** Importance of one parameter. */
export interface Importance {
  key: string;
  /** Its share, 0 to 1; those of all parameters sum to 1. */
  importance: number;
  /** The value of the best trial. */
  best: ParameterValue;
}
