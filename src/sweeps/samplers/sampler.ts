/** What a sampler is: it chooses the parameters of the next trial. To add one: a file here, and its line in `registry.ts`. */
import type { Direction } from '../../config/search/search';
import type { Json, TrialParams, TrialRow } from '../../store/study';
import type { Space } from '../space/space';

/** A study as samplers and pruners see it. */
export interface StudyView {
  name: string;
  seed: number;
  directions: readonly Direction[];
  space: Space;
  /** All trials, by number, those of a warm start before them (with negative numbers). */
  trials: readonly TrialRow[];
  /** Steps (epochs or folds) of a trial that nothing ends early. */
  maxResource: number;
}

/** What a sampler chose. */
export interface Suggestion {
  /** A value for every active parameter. */
  params: TrialParams;
  /** Kept with the trial, for the sampler itself. */
  attributes?: Record<string, Json>;
}

/** Chooses parameters. It may keep what it works out of a study, but its answer is a function of the study's view alone. */
export interface Sampler {
  /**
   * Parameters for the trial `number`; those in `fixed` were chosen by hand and stay. Random numbers come from a stream
   * named by the study's seed and `number`, so that the same seed gives the same trials, after a crash too.
   * @returns Null when everything was tried.
   */
  suggest(study: StudyView, number: number, fixed: TrialParams): Suggestion | null;
}
