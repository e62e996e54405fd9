/** Runs that record what they show beside their curves, and what tests look at of them. */
import { expect } from 'vitest';
import type { Database } from '../../../src/store/database';
import type { MediaContent, MediaRow } from '../../../src/store/media';
import { readMetrics } from '../../../src/store/metrics';
import type { RunRow } from '../../../src/store/schema';

/** Everything, after every epoch. */
export const ALL = { every_epochs: 1, histograms: true, predictions: 5, embeddings: 9 };

/** Dropout, accumulation, a penalty and batch normalisation: all that could notice. */
export const settings = {
  model: {
    architecture: 'sequential',
    layers: [
      { type: 'batch_normalization', momentum: 0.9 },
      { type: 'dense', units: 11, activation: 'tanh' },
      { type: 'dropout', rate: 0.3 },
    ],
  },
  training: {
    epochs: 3,
    batch_size: 13,
    gradient_accumulation: 2,
    l2: 0.01,
    gradient_clip: null,
    optimizer: { name: 'sgd', learning_rate: 0.05 },
    checkpoints: { keep_top_k: 1 },
  },
};

/** A config that records. */
export const recording = (media: object, base: object = settings): object => ({ ...base, logging: { media } });

/** Contents under a name, by step. */
export const of = <K extends MediaContent['kind']>(
  rows: MediaRow[],
  name: string,
  kind: K,
): Extract<MediaContent, { kind: K }>[] =>
  rows.flatMap((row) => {
    if (row.name !== name) return [];
    const { content } = row;
    expect(content.kind, name).toBe(kind);
    return [content as Extract<MediaContent, { kind: K }>];
  });

/** Bits that a run leaves: weights, optimizer, curves without those of times and of the machine. */
export async function bits(database: Database, row: RunRow): Promise<object> {
  const timings = ['samples_per_second', 'tokens_per_second', 'step_ms', 'gpu_bytes', 'gpu_bytes_peak', 'gpu_busy'];
  const repeats = (metric: string): boolean => !timings.includes(metric) && !metric.startsWith('system/');
  const curves = (await readMetrics(database, row.id)).filter(({ metric }) => repeats(metric));
  return {
    weights: row.weights_sha256,
    metrics: row.metrics,
    latest: Object.fromEntries(Object.entries(row.latest).filter(([metric]) => repeats(metric))),
    curves: Object.fromEntries(curves.map(({ metric, steps, values }) => [metric, [[...steps], [...values]]])),
  };
}

/** A picture's pixels. */
export async function pixelsOf(blob: Blob): Promise<ImageData> {
  const bitmap = await createImageBitmap(blob);
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}
