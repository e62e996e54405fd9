/** What a run is, as MLflow's tags: its own (`mlflow.…`), ours (`lathe.…`) and those that the user gave. */
import type { TrackedRun } from '../../tracker';
import { cut, MAX_TAG, safeName } from './names';

/** Tag by which a run is found again: its id here. */
export const RUN_ID_TAG = 'lathe.run_id';
/** Tag of a run that was made for others to stand under, before its own delivery came; empty once that has come. */
export const STAND_IN_TAG = 'lathe.stand_in';
/** Keys of the tags that the user gave, as a list in JSON: those that are gone are removed there, too. */
const OWN_TAGS = 'lathe.tags';

/** The tag that makes MLflow's pages show a model at a run. */
export const MODELS_TAG = 'mlflow.log-model.history';

/** The tag in which MLflow's list looks for the parent. */
const PARENT_TAG = 'mlflow.parentRunId';

/** What finds a run again, given to it as it is created. */
export const identityTags = (id: string, noun: string, name: string): Record<string, string> => ({
  [RUN_ID_TAG]: id,
  'lathe.noun': noun,
  'mlflow.runName': cut(name || id, MAX_TAG),
  'mlflow.source.name': 'lathe',
  'mlflow.source.type': 'LOCAL',
});

/** All tags of a run. @param parent id of its parent there */
export async function tagsOf(run: TrackedRun, parent: string | null): Promise<Record<string, string>> {
  const { group } = run;
  const tags: Record<string, string> = {
    ...identityTags(run.id, run.noun, run.name),
    'mlflow.note.content': run.notes,
    'lathe.date': new Date(run.started).toISOString(),
    'lathe.status': run.status,
    'lathe.reason': run.reason ?? '',
    [STAND_IN_TAG]: '',
  };
  if (run.author !== null) tags['mlflow.user'] = run.author;
  if (parent !== null) tags[PARENT_TAG] = parent;
  if (group) {
    tags['lathe.group'] = group.id;
    tags['lathe.role'] = group.role;
    if (group.trial !== null) tags['lathe.trial'] = String(group.trial);
  }
  for (const [key, value] of Object.entries(run.facts)) {
    // `lathe_version` is `lathe.version`; a fact never takes the place of what is above.
    const name = await safeName(`lathe.${key.replace(/^lathe_/, '')}`);
    tags[name] ??= value;
  }
  const own: string[] = [];
  for (const tag of run.tags) {
    const key = await safeName(/^(?:mlflow|lathe|tag)\./.test(tag) ? `tag.${tag}` : tag);
    own.push(key);
    tags[key] = 'true';
  }
  tags[OWN_TAGS] = JSON.stringify(own);
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, cut(value, MAX_TAG)]));
}

/** What has to change there: tags to set, and keys of tags to remove. Empty texts are not set for the first time. */
export function tagChanges(
  there: Record<string, string>,
  wanted: Record<string, string>,
): { set: { key: string; value: string }[]; remove: string[] } {
  const set = Object.entries(wanted)
    .filter(([key, value]) => (there[key] ?? '') !== value)
    .map(([key, value]) => ({ key, value }));
  return { set, remove: ownTags(there).filter((key) => !(key in wanted)) };
}

/** Keys of the tags that were given by the user, as remembered there. */
function ownTags(there: Record<string, string>): string[] {
  const text = there[OWN_TAGS];
  if (text === undefined) return [];
  try {
    const keys: unknown = JSON.parse(text);
    return Array.isArray(keys) ? keys.filter((key): key is string => typeof key === 'string') : [];
  } catch {
    // Cut, or changed by hand: what it said is not known any more, and nothing is removed.
    return [];
  }
}
