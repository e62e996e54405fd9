/** What a version of a registered model says of the run that it came from. */
import type { TrackedRun } from '../../tracker';
import { tagsOf } from './tags';

/** Tags of a version. */
export async function versionTags(run: TrackedRun): Promise<Record<string, string>> {
  const tags = await tagsOf(run, null);
  return Object.fromEntries(
    Object.entries(tags).filter(([key]) => !key.startsWith('mlflow.') && !/^lathe\.(?:status|reason|tags)$/.test(key)),
  );
}
