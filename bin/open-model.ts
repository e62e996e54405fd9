/** A trained model that a command names: a bundle's file, or a run of the profile. */
import { existsSync } from 'node:fs';
import type { ModelRef } from '../src/store/schema';
import { statArgument, userPath } from './arguments';
import type { DrivenPage } from './page';
import { nothing } from './results';
import { findRun } from './runs';

/**
 * The path of the bundle that `name` names; null where it is the name of a run.
 * @throws LatheError of kind `usage` where it is written as a path and nothing is there
 */
export function bundlePath(name: string): string | null {
  if (existsSync(userPath(name))) return userPath(name);
  if (/[./\\]/.test(name)) statArgument('BUNDLE', userPath(name));
  return null;
}

/**
 * Runs `work` with the model of the bundle at `bundle`, or else of the run `name`.
 * @throws LatheError of kind `bundle` or `not_found`
 */
export async function withModel<T>(
  page: DrivenPage,
  name: string,
  bundle: string | null,
  work: (model: ModelRef) => Promise<T>,
): Promise<T> {
  if (!bundle) return work({ run_id: (await findRun(page, name)).id });
  const { id } = await page.importBundle(bundle);
  try {
    return await work({ model_id: id });
  } finally {
    // The profile keeps runs; a bundle stays the file it is. A browser that died takes care of itself.
    await page.call('models', 'remove', [id], nothing).catch(() => undefined);
  }
}
