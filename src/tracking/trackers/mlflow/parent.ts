/**
 * The run under which MLflow's list shows others: that of a study over its trials, one of a group over its peers. Whoever
 * comes first creates it; the study's own delivery finds it by the same tag.
 */
import type { TrackedRun } from '../../tracker';
import type { MlflowClient, MlflowRun } from './client';
import { quote } from './filter';
import { identityTags, RUN_ID_TAG } from './tags';

type Group = NonNullable<TrackedRun['group']>;

/** Runs that bear an id of ours, in an order that everybody agrees on: the first one is the one that counts. */
export async function findRuns(client: MlflowClient, experiment: string, id: string): Promise<MlflowRun[]> {
  const runs = await client.searchRuns(experiment, `tags.\`${RUN_ID_TAG}\` = ${quote(id)}`);
  return runs.sort((a, b) => a.info.start_time - b.info.start_time || (a.info.run_id < b.info.run_id ? -1 : 1));
}

/** Id of the parent there, which is created where it is missing; null: a run without one. */
export async function parentOf(client: MlflowClient, experiment: string, run: TrackedRun): Promise<string | null> {
  const { group } = run;
  if (!group || group.role === 'study') return null;
  const [known] = await findRuns(client, experiment, group.id);
  return known?.info.run_id ?? createParent(client, experiment, group, run.started);
}

async function createParent(client: MlflowClient, experiment: string, group: Group, started: number): Promise<string> {
  const name = group.name || group.id;
  const tags = identityTags(group.id, group.role === 'trial' ? 'study' : 'group', name);
  const { info } = await client.createRun({
    experiment_id: experiment,
    run_name: name,
    start_time: Math.round(started),
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  });
  // Another machine of the group may have created one at the same time.
  const [first] = await findRuns(client, experiment, group.id);
  if (first === undefined || first.info.run_id === info.run_id) return info.run_id;
  await client.deleteRun(info.run_id);
  return first.info.run_id;
}
