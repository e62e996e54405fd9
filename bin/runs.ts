import * as v from 'valibot';
import { LatheError } from '../src/base/errors';
import type { DrivenPage } from './page';
import { runRow, type RunSummary } from './results';

/**
 * The run of the profile with this id, or else the newest of this name.
 * @throws LatheError of kind `not_found`
 */
export async function findRun(page: DrivenPage, name: string): Promise<RunSummary> {
  const runs = await page.call('runs', 'list', [], v.array(runRow));
  runs.sort((a, b) => b.created - a.created);
  const run = runs.find(({ id }) => id === name) ?? runs.find((candidate) => candidate.name === name);
  if (run) return run;
  throw new LatheError('not_found', `There is no run ${name} in this profile. lathe runs lists those there are.`);
}
