/** A study as a sweep of W&B: its space, and where it stands. What chooses values is Lathe: W&B only shows them. */
import type { RunConfig } from '../../../config/schema';
import { objectivesOf } from '../../../config/search/search';
import type { ParameterSpec, ParameterValue } from '../../../config/search/space';
import { UNFINISHED } from '../../../store/schema';
import type { Json } from '../../../store/study';
import { nest } from '../../../export/wandb/config';
import type { TrackedRun } from '../../tracker';
import { UnknownOperation, type WandbClient } from './client';
import { SWEEPS, UPSERT_SWEEP, type Sweeps } from './operations';

/** Entity and project. */
interface Place {
  entity: string;
  project: string;
}

/** How a sweep is found again: its name is chosen by the server. */
const markOf = (studyId: string): string => `Lathe study ${studyId}`;

interface Sweep {
  id: string;
  name: string;
}

/**
 * The sweep of a study or of a trial’s study. A study’s own is made where there is none; a trial’s is looked for only, since
 * the trial does not know the space.
 * @returns its name; null: there is none yet; '': this server has no sweeps
 */
export async function sweepOf(client: WandbClient, place: Place, run: TrackedRun): Promise<string | null> {
  const { group } = run;
  if (!group || group.role === 'peer') return null;
  try {
    const known = await findSweep(client, place, group.id);
    if (run.noun !== 'study') return known?.name ?? null;
    return (await makeSweep(client, place, run, group.id, known))?.name ?? null;
  } catch (error) {
    if (error instanceof UnknownOperation) return '';
    throw error;
  }
}

async function findSweep(client: WandbClient, { entity, project }: Place, studyId: string): Promise<Sweep | null> {
  let after: string | null = null;
  for (;;) {
    const page: Sweeps = await client.ask(SWEEPS, { entity, project, after });
    if (!page.project) return null;
    const { edges, pageInfo } = page.project.sweeps;
    const sweep = edges.find(({ node }) => node.config?.includes(markOf(studyId)));
    if (sweep) return sweep.node;
    if (!pageInfo.hasNextPage || pageInfo.endCursor === null) return null;
    after = pageInfo.endCursor;
  }
}

/** Null where nothing is known of the space: W&B takes no sweep without parameters. */
async function makeSweep(
  client: WandbClient,
  { entity, project }: Place,
  { name, config, status }: TrackedRun,
  studyId: string,
  known: Sweep | null,
): Promise<Sweep | null> {
  if (config === null || Object.keys(config.optimization.hyperparameter_search.search_space).length === 0) return known;
  const { upsertSweep } = await client.ask(UPSERT_SWEEP, {
    id: known?.id ?? null,
    config: JSON.stringify(sweepConfig(name, studyId, config)),
    description: markOf(studyId),
    entityName: entity,
    projectName: project,
    controller: null,
    state: UNFINISHED.includes(status) ? 'RUNNING' : 'FINISHED',
    displayName: name,
  });
  return upsertSweep.sweep;
}

/** The document of a sweep; `local` and `custom`: nobody but Lathe chooses its values. */
export function sweepConfig(name: string, studyId: string, config: RunConfig): { [key: string]: Json } {
  const { hyperparameter_search: search } = config.optimization;
  const [{ metric, direction }] = objectivesOf(search);
  return {
    name,
    description: markOf(studyId),
    method: 'custom',
    controller: { type: 'local' },
    metric: { name: metric, goal: direction },
    parameters: parametersOf(search.search_space),
  };
}

/** Keys nest as the config does, each level but the last under `parameters`. */
function parametersOf(space: Record<string, ParameterSpec>): { [key: string]: Json } {
  const spread = Object.entries(space).map(
    ([key, spec]) => [key.split('.').join('.parameters.'), range(spec)] as const,
  );
  return nest(Object.fromEntries(spread));
}

/** The range of a parameter in W&B’s words. */
function range(spec: ParameterSpec): Json {
  switch (spec.type) {
    case 'categorical':
      return { values: spec.choices.map((choice: ParameterValue): Json => choice) };
    case 'bool':
      return { values: [false, true] };
    case 'int': {
      const { low: min, high: max, log, step } = spec;
      if (log) return { distribution: 'q_log_uniform_values', min, max, q: step };
      return step === 1 ? { distribution: 'int_uniform', min, max } : { distribution: 'q_uniform', min, max, q: step };
    }
    case 'float': {
      const { low: min, high: max, log, step } = spec;
      const distribution = log ? 'log_uniform_values' : 'uniform';
      return step === null ? { distribution, min, max } : { distribution: `q_${distribution}`, min, max, q: step };
    }
  }
}
