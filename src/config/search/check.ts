/** What makes a study impossible, found before its first trial: every problem names its key and says what to do. */
import type { ConfigProblem } from '../explain';
import type { RunConfig } from '../schema';

/** All problems of the search of `config`. */
export function checkSearch(config: RunConfig): ConfigProblem[] {
  void config;
  return [];
}
