/**
 * Makes models versions of registered models of this browser. A version shares its weights with the checkpoint or the bundle
 * that it came from, and copies what is small: it stays as it is when they are gone.
 */
import { LatheError } from '../base/errors';
import { modelNameProblem } from '../config/registered-models';
import { makeBlobRow } from '../store/blobs';
import { loadCheckpoint } from '../store/checkpoints';
import { HELPED_STUDY } from '../store/collect';
import { commit } from '../store/commit';
import type { Database } from '../store/database';
import { versionsRange } from '../store/registered-models';
import type { ModelVersion, ModelVersionRow, RegisteredModelRow } from '../store/registry';
import { runSummary, splitMetrics } from '../store/run-summary';
import { UNFINISHED, type BlobRow, type CheckpointRow, type ModelRef, type RunRow } from '../store/schema';
import { findTrainedModel, type TrainedModel } from '../store/trained-model';
import { checkAlias } from './change';
import { versionOf } from './read';

/** As what a model is registered. */
export interface Registration {
  /** Name of the registered model, which is made where there is none. */
  model: string;
  /** Alias that the version gets; null: none. */
  alias: string | null;
  /** Absent: the notes of the run, or what a version that there is says already. */
  description?: string;
}

/** What a version is made of: all of its row that does not depend on where it is registered. */
type Snapshot = Omit<
  ModelVersionRow,
  'model' | 'version' | 'created' | 'updated' | 'deleted_at' | 'deleted_with_model'
>;

/**
 * Makes a model of this browser the next version of a registered model. The same weights of the same run are registered once:
 * doing it again gives that version, with the alias.
 * @throws LatheError of kind `usage` for names that cannot be and runs that have not ended, `not_found`, `storage`
 */
export async function register(database: Database, ref: ModelRef, as: Registration): Promise<ModelVersion> {
  checkNames(as);
  const found = await findTrainedModel(database, ref);
  const { origin } = found;
  if (origin.kind === 'run' && UNFINISHED.includes(origin.run.status)) {
    const { name, status } = origin.run;
    throw new LatheError('usage', `The run ${name} is ${status}: register its model once it has ended.`);
  }
  const { version, model } = await add(database, found, as, null);
  return versionOf(version, model);
}

/** Whether a run's config makes its model a version of a model of this browser, once the run has ended. */
export function isToBeRegistered({ config, ...run }: RunRow): boolean {
  const { tracking_uri, model_name } = config.registry.mlflow;
  return (
    tracking_uri === 'local' &&
    model_name !== null &&
    run.registered_at === undefined &&
    run.deleted_at === null &&
    // A model that did not get to its end is registered by hand only.
    (run.status === 'finished' || run.status === 'stopped') &&
    run.best_checkpoint !== null &&
    // Trials are many and none of them is chosen yet; of a group, who began it registers.
    run.trial === null &&
    !run.study_id.startsWith(HELPED_STUDY) &&
    run.group?.role !== 'guest'
  );
}

/**
 * Registers the model of a run that ended as its config says, once and for all: also when two tabs do it at the same time,
 * and when the version is deleted later. Null where there is nothing to do.
 * @throws LatheError of kind `storage`, `not_found`
 */
export async function registerFinished(database: Database, runId: string): Promise<ModelVersion | null> {
  const run = await database.get('runs', runId);
  const { model_name: model, alias } = run?.config.registry.mlflow ?? {};
  if (!run || !model || !isToBeRegistered(run)) return null;
  const as: Registration = { model, alias: alias ?? null };
  checkNames(as);
  const added = await add(database, await findTrainedModel(database, { run_id: runId }), as, runId);
  return added.marked ? null : versionOf(added.version, added.model);
}

interface Added {
  model: RegisteredModelRow;
  version: ModelVersionRow;
  /** It was registered before. */
  marked: boolean;
}

/** Numbers are given, and runs marked, in one transaction: two tabs never do the same. */
async function add(
  database: Database,
  found: TrainedModel,
  { model: name, alias, description }: Registration,
  markRun: string | null,
): Promise<Added> {
  const snapshot = snapshotOf(found);
  const whole = found.origin.kind === 'run' ? await wholeWeights(database, found.origin.checkpoint) : null;
  const transaction = database.transaction(['registered_models', 'model_versions', 'runs', 'blobs'], 'readwrite', {
    durability: 'strict',
  });
  const models = transaction.objectStore('registered_models');
  const versions = transaction.objectStore('model_versions');
  const runs = transaction.objectStore('runs');
  const blobs = transaction.objectStore('blobs');
  const [known, rows, run, weights] = await Promise.all([
    models.get(name),
    versions.getAll(versionsRange(name)),
    markRun === null ? undefined : runs.get(markRun),
    blobs.getKey(snapshot.weights.hash),
  ]);
  if (weights === undefined && !whole) {
    await transaction.done;
    throw new LatheError(
      'storage',
      `The weights of ${found.name} are missing from the browser’s database: it cannot be registered.`,
    );
  }
  const now = Date.now();
  const same = rows.find(
    (row) => row.deleted_at === null && row.run?.id === snapshot.run?.id && row.weights.hash === snapshot.weights.hash,
  );
  const before: RegisteredModelRow = known
    ? { ...known, deleted_at: null }
    : {
        name,
        created: now,
        updated: now,
        deleted_at: null,
        description: '',
        tags: {},
        aliases: {},
        last_version: 0,
      };
  const numbered: ModelVersionRow = same ?? {
    ...snapshot,
    model: name,
    version: before.last_version + 1,
    created: now,
    updated: now,
    deleted_at: null,
    deleted_with_model: false,
  };
  const version = description === undefined ? numbered : { ...numbered, description, updated: now };
  if (run?.registered_at !== undefined) {
    await transaction.done;
    return { model: before, version, marked: true };
  }
  const model: RegisteredModelRow = {
    ...before,
    updated: now,
    last_version: Math.max(before.last_version, version.version),
    aliases: alias === null ? before.aliases : { ...before.aliases, [alias]: version.version },
  };
  await commit(
    [
      ...(whole ? [blobs.put(whole)] : []),
      versions.put(version),
      models.put(model),
      ...(run ? [runs.put({ ...run, registered_at: now })] : []),
    ],
    transaction.done,
  );
  return { model, version, marked: false };
}

/** The weights of a checkpoint that is kept in parts, as the one blob that a version names; null: they are one already. */
async function wholeWeights(database: Database, checkpoint: CheckpointRow): Promise<BlobRow | null> {
  if (!checkpoint.parts) return null;
  const { weights } = await loadCheckpoint(database, checkpoint.id);
  return makeBlobRow(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength));
}

function snapshotOf({ origin, config, preprocessing, tensors, weights_sha256: hash }: TrainedModel): Snapshot {
  const same = { config, preprocessing, weights: { hash, tensors } };
  switch (origin.kind) {
    case 'run':
      return { ...same, ...ofRun(origin.run, origin.checkpoint) };
    case 'import': {
      const { name, summary, metrics, dataset_name, dataset_hash, bundle } = origin.model;
      return {
        ...same,
        description: `From the bundle ${name}.`,
        tags: {},
        run: null,
        summary,
        scores: metrics,
        confusion: { val: null, test: null },
        metrics: splitMetrics(metrics),
        dataset_name,
        dataset_hash,
        bundle,
      };
    }
    case 'version':
      return origin.version;
  }
}

function ofRun(run: RunRow, checkpoint: CheckpointRow): Omit<Snapshot, 'config' | 'preprocessing' | 'weights'> {
  if (!run.model) throw new LatheError('not_found', `The run ${run.name} has no model yet. Wait for its first epoch.`);
  const { id, name, created, status, reason, seconds, backend, batch_size, dataset_id } = run;
  const { step, epoch, monitor } = checkpoint;
  // What was measured of the run is of its best checkpoint; of another one only what it was chosen by is known.
  const best = checkpoint.id === run.best_checkpoint;
  return {
    description: run.notes,
    tags: Object.fromEntries(run.tags.map((tag) => [tag, 'true'])),
    run: { id, name, created, status, reason, seconds, backend, batch_size, dataset_id, step, epoch },
    summary: run.model,
    scores: best ? run.metrics : null,
    confusion: best ? run.confusion : { val: null, test: null },
    metrics: best ? runSummary(run) : { ...(monitor && { [monitor.metric]: monitor.value }), step, epoch },
    dataset_name: run.dataset_name,
    dataset_hash: run.dataset_hash,
    bundle: null,
  };
}

/** @throws LatheError of kind `usage` */
function checkNames({ model, alias }: Registration): void {
  const problem = modelNameProblem(model);
  if (problem !== null) throw new LatheError('usage', `The name ${JSON.stringify(model)} ${problem}`);
  if (alias !== null) checkAlias(alias);
}
