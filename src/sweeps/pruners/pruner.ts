/** What a pruner is: it ends poor trials early. To add one: a file here, and its line in `registry.ts`. */
import type { TrialRow } from '../../store/study';
import type { StudyView } from '../samplers/sampler';

/**
 * Judges trials. Its answer is a function of the study's view and the trial alone.
 *
 * Steps count from 1: the step of a report is how many epochs (or folds) the trial has done. The rules take the number as
 * it is, so that a report at step 9 of 9 has used the resource 9. Optuna does the same, but many of its examples report
 * their first epoch as step 0; such a trial is one step further here than its numbers say.
 */
export interface Pruner {
  /**
   * Whether `trial` should end, after the last of its intermediate values was reported.
   * @returns One sentence that says why, or null: it goes on.
   */
  prune(study: StudyView, trial: TrialRow): string | null;
}

/**
 * Whether a pruner was asked after the report at `index` of a trial's intermediate values. One that wraps another does not
 * ask it after every report; a pruner that works out what it decided before has to know.
 */
export type Asked = (study: StudyView, trial: TrialRow, index: number) => boolean;

/** Asked after every report: the pruner of a study, that no other wraps. */
export const afterEveryReport: Asked = () => true;
