/** Collects what is known about a model that was trained here from the database, for the bundle writer. */
import { LatheError } from '../../base/errors';
import { describeIo } from '../../data/features/io';
import { plannedBatch, summarizeModel } from '../../models/summary';
import type { Database } from '../../store/database';
import { readMetrics } from '../../store/metrics';
import type { DatasetRow, Preprocessing } from '../../store/schema';
import type { TrainedModel } from '../../store/trained-model';
import { weightBytes, type ExportSource } from '../source';
import { runToTensorBoard } from '../tensorboard/run-files';
import { tfjsFiles } from '../tfjs';
import type { BundleContent, BundleDataset } from './content';

/**
 * The content of a bundle. Needs a started backend.
 * @throws LatheError of kind `internal` for an imported model, whose bundle exists already.
 */
export async function collectContent(source: ExportSource): Promise<BundleContent> {
  const { database, model } = source;
  const { config, preprocessing } = model;
  const { run, checkpoint, dataset, metrics, confusion } = training(model);
  return {
    name: model.name,
    run,
    checkpoint,
    dataset: await describeDataset(database, dataset.id, dataset.name, model.dataset_hash, preprocessing),
    config,
    preprocessing,
    summary: summarizeModel(
      config.model,
      describeIo(preprocessing),
      run.batch_size ?? plannedBatch(config),
      config.training.optimizer,
    ),
    metrics,
    confusion,
    // Of a version whose run is gone, none are left.
    series: await readMetrics(database, run.id),
    weights: weightBytes(source),
    tensors: model.tensors,
    weights_sha256: model.weights_sha256,
    tfjs_model: tfjsModel(source),
    tensorboard: config.logging.tensorboard.enabled ? await runToTensorBoard(database, run.id) : [],
  };
}

/** How a model came to be. */
interface Training extends Pick<BundleContent, 'run' | 'checkpoint' | 'metrics' | 'confusion'> {
  dataset: { id: string; name: string };
}

/** @throws LatheError of kind `internal` for a model that came as a bundle */
function training({ name, origin }: TrainedModel): Training {
  if (origin.kind === 'run') {
    const { run, checkpoint } = origin;
    // The run's scores are those of its best checkpoint; another one has none.
    const scored = run.metrics !== null && checkpoint.id === run.best_checkpoint;
    return {
      run: factsOf(run),
      checkpoint: { step: checkpoint.step, epoch: checkpoint.epoch },
      dataset: { id: run.dataset_id, name: run.dataset_name },
      metrics: scored ? run.metrics : null,
      confusion: scored ? run.confusion : { val: null, test: null },
    };
  }
  if (origin.kind === 'import' || !origin.version.run) {
    throw new LatheError('internal', `The model ${name} is a bundle already.`);
  }
  const { run, scores, confusion, dataset_name } = origin.version;
  return {
    run: factsOf(run),
    checkpoint: { step: run.step, epoch: run.epoch },
    dataset: { id: run.dataset_id, name: dataset_name },
    metrics: scores,
    confusion,
  };
}

const factsOf = ({ id, created, status, reason, seconds, backend, batch_size }: BundleContent['run']) => ({
  id,
  created,
  status,
  reason,
  seconds,
  backend,
  batch_size,
});

/** `model.json` of the model; null where stock layers cannot make it up. */
function tfjsModel(source: ExportSource): Uint8Array | null {
  try {
    return tfjsFiles(source).find(({ path }) => path === 'model.json')?.bytes ?? null;
  } catch (error) {
    if (error instanceof LatheError && error.kind === 'config') return null;
    throw error;
  }
}

async function describeDataset(
  database: Database,
  id: string,
  name: string,
  hash: string,
  preprocessing: Preprocessing,
): Promise<BundleDataset> {
  const dataset = await database.get('datasets', id);
  if (!dataset || dataset.content_hash !== hash) return { name, hash, counts: null };
  const { examples, test_examples } = dataset;
  return { name, hash, counts: { examples, test_examples, classes: countClasses(dataset, preprocessing) } };
}

function countClasses(dataset: DatasetRow, { classes, target }: Preprocessing): { name: string; examples: number }[] {
  if (!classes || dataset.kind === 'text') return [];
  if (dataset.kind === 'images') {
    return dataset.classes.map((name, i) => ({ name, examples: dataset.class_counts[i] }));
  }
  const counts = new Map(
    dataset.columns.find(({ name }) => name === target[0])?.top.map(({ value, count }) => [value, count]),
  );
  // The summary of a column counts only its most frequent values.
  if (!classes.every((name) => counts.has(name))) return [];
  return classes.map((name) => ({ name, examples: counts.get(name) ?? 0 }));
}
