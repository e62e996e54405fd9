/**
 * The run under which MLflow's list shows others: that of a study over its trials, one of a group over its peers. Whoever
 * comes first creates it, as a stand-in; the study's own delivery finds it by the same tag and makes it its own.
 *
 * MLflow creates a run at each asking, so several machines that ask at once get several. All of them sort what they find
 * alike, and whoever finds more than one removes the stand-ins behind the first: the first of all is never removed, the
 * last one created is always seen by its creator, and who used another one meets the first at its next `update`.
 */
import type { TrackedRun } from '../../tracker';
import type { MlflowClient, MlflowRun } from './client';
import { quote } from './filter';
import { identityTags, RUN_ID_TAG, STAND_IN_TAG } from './tags';

type Group = NonNullable<TrackedRun['group']>;

/** Runs that bear an id of ours, in an order that everybody agrees on: the first one is the one that counts. */
export async function findRuns(client: MlflowClient, experiment: string, id: string): Promise<MlflowRun[]> {
  const runs = await client.searchRuns(experiment, `tags.\`${RUN_ID_TAG}\` = ${quote(id)}`);
  return runs.sort(
    (a, b) =>
      Number(isStandIn(a)) - Number(isStandIn(b)) ||
      a.info.start_time - b.info.start_time ||
      (a.info.run_id < b.info.run_id ? -1 : 1),
  );
}

/** Id of the parent there, which is created where it is missing; null: a run without one. */
export async function parentOf(client: MlflowClient, experiment: string, run: TrackedRun): Promise<string | null> {
  const { group } = run;
  if (!group || group.role === 'study') return null;
  let runs = await findRuns(client, experiment, group.id);
  if (runs.length === 0) {
    const created = await createStandIn(client, experiment, group, run.started);
    runs = await findRuns(client, experiment, group.id);
    // A search may lag behind what was just written.
    if (runs.length === 0) return created.info.run_id;
  }
  const [first, ...others] = runs;
  for (const other of others) if (isStandIn(other)) await client.deleteRun(other.info.run_id);
  return first.info.run_id;
}

function createStandIn(client: MlflowClient, experiment: string, group: Group, started: number): Promise<MlflowRun> {
  const name = group.name || group.id;
  const tags = { ...identityTags(group.id, group.role === 'trial' ? 'study' : 'group', name), [STAND_IN_TAG]: 'true' };
  return client.createRun({
    experiment_id: experiment,
    run_name: name,
    start_time: Math.round(started),
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  });
}

/** Whether it was made for others to stand under, and nothing was ever sent to it. */
const isStandIn = ({ data }: MlflowRun): boolean => data.tags[STAND_IN_TAG] === 'true';
