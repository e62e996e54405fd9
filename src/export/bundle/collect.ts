/** Collects what is known about a run's model from the database, for the bundle writer. */
import { LatheError } from '../../base/errors';
import { describeIo } from '../../data/features/io';
import { plannedBatch, summarizeModel } from '../../models/summary';
import type { Database } from '../../store/database';
import { readMetrics } from '../../store/metrics';
import type { DatasetRow, Preprocessing } from '../../store/schema';
import { weightBytes, type ExportSource } from '../source';
import { tfjsFiles } from '../tfjs';
import type { BundleContent, BundleDataset } from './content';

/**
 * The content of a bundle. Needs a started backend.
 * @throws LatheError of kind `internal` for an imported model, whose bundle exists already.
 */
export async function collectContent(source: ExportSource): Promise<BundleContent> {
  const { database, model } = source;
  if (model.origin.kind !== 'run') throw new LatheError('internal', `The model ${model.name} is a bundle already.`);
  const { run, checkpoint } = model.origin;
  const { config, preprocessing } = model;
  // The run's scores are those of its best checkpoint; another one has none.
  const scored = run.metrics !== null && checkpoint.id === run.best_checkpoint;
  return {
    name: run.name,
    run: {
      id: run.id,
      created: run.created,
      status: run.status,
      reason: run.reason,
      seconds: run.seconds,
      backend: run.backend,
      batch_size: run.batch_size,
    },
    checkpoint: { step: checkpoint.step, epoch: checkpoint.epoch },
    dataset: await describeDataset(database, run.dataset_id, run.dataset_name, run.dataset_hash, preprocessing),
    config,
    preprocessing,
    summary: summarizeModel(
      config.model,
      describeIo(preprocessing),
      run.batch_size ?? plannedBatch(config),
      config.training.optimizer,
    ),
    metrics: scored ? run.metrics : null,
    confusion: scored ? run.confusion : { val: null, test: null },
    series: await readMetrics(database, run.id),
    weights: weightBytes(source),
    tensors: model.tensors,
    weights_sha256: model.weights_sha256,
    tfjs_model: tfjsModel(source),
  };
}

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
