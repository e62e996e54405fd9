/** What makes a study impossible, found before its first trial: every problem names its key and says what to do. */
import type { ConfigProblem } from '../explain';
import type { RunConfig } from '../schema';
import { checkConstraints } from './check-constraints';
import { checkObjectives } from './check-objectives';
import { checkSpace } from './check-space';
import { checkStudy } from './check-study';

/** All problems of the search of `config`. */
export function checkSearch(config: RunConfig): ConfigProblem[] {
  const space = checkSpace(config);
  return [
    ...space,
    // A constraint is tried on draws, and a grid is counted: both need ranges that make sense.
    ...checkConstraints(config, space.length === 0),
    ...checkStudy(config, space.length === 0),
    ...checkObjectives(config),
  ];
}
