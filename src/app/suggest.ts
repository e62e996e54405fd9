/** Settings that suit a dataset: where the form starts when a dataset is chosen. */
import { parseConfig } from '../config/parse';
import type { RunConfig, RunConfigInput } from '../config/schema';
import type { DatasetRow } from '../store/schema';

/** A complete config for `dataset`: architecture, sizes and batch by the kind and amount of data. */
export function suggestConfig(dataset: DatasetRow): RunConfig {
  if (dataset.kind === 'text') return parseConfig(suggestText(dataset));
  const examples = dataset.examples;
  // Small data wants small batches, or an epoch has too few updates to learn from.
  const batchSize = examples < 1_000 ? 16 : examples < 20_000 ? 64 : 256;
  const input: RunConfigInput = {
    data: { dataset: dataset.name, ...targetOf(dataset) },
    model: dataset.kind === 'images' ? { architecture: 'cnn' } : { architecture: 'mlp', hidden: hiddenFor(examples) },
    training: { epochs: examples < 1_000 ? 30 : 10, batch_size: batchSize },
  };
  return parseConfig(input);
}

/** A small decoder, and passes over the text by its length: a short one is read more often. */
function suggestText({ name, examples: characters }: DatasetRow): RunConfigInput {
  const short = characters < 200_000;
  return {
    data: { dataset: name, task: 'language_model' },
    model: { architecture: 'transformer' },
    training: { epochs: short ? 20 : 5, batch_size: short ? 16 : 64 },
  };
}

function hiddenFor(examples: number): number[] {
  if (examples < 2_000) return [64, 32];
  return examples < 50_000 ? [128, 64] : [256, 128];
}

function targetOf(dataset: Exclude<DatasetRow, { kind: 'text' }>): {
  target: string | null;
  task: 'classification' | 'regression' | null;
} {
  if (dataset.kind === 'images') return { target: null, task: 'classification' };
  const label = dataset.columns.find((column) => column.role === 'label');
  return { target: label?.name ?? null, task: null };
}
