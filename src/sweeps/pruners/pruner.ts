/** What a pruner is: it ends poor trials early. To add one: a file here, and its line in `registry.ts`. */
import type { TrialRow } from '../../store/study';
import type { StudyView } from '../samplers/sampler';

/** Judges trials. Its answer is a function of the study's view and the trial alone. */
export interface Pruner {
  /**
   * Whether `trial` should end, after the last of its intermediate values was reported.
   * @returns One sentence that says why, or null: it goes on.
   */
  prune(study: StudyView, trial: TrialRow): string | null;
}
