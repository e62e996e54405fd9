/** Runs, batches and files as the outbox would hand them to a tracker. */
import { createHash } from 'node:crypto';
import { parseConfig } from '../../../../src/config/parse';
import type { Batch, RunFile, TrackedRun } from '../../../../src/tracking/tracker';

/** When these runs were started, in milliseconds since the epoch. */
const STARTED = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A run that trains, but for `fields`. */
export function trackedRun(id: string, fields: Partial<TrackedRun> = {}): TrackedRun {
  return {
    noun: 'run',
    id,
    name: `run ${id}`,
    started: STARTED,
    ended: null,
    status: 'running',
    reason: null,
    config: parseConfig({}),
    params: { 'training.batch_size': 32, 'training.optimizer.name': 'adamw', 'data.target': null },
    tags: ['conformance'],
    notes: '',
    author: null,
    facts: { dataset: 'digits', lathe_version: '0.1.0' },
    group: null,
    summary: {},
    ...fields,
  };
}

/** The same run when it has ended. */
export const ended = (run: TrackedRun, status: TrackedRun['status'] = 'finished'): TrackedRun => ({
  ...run,
  status,
  ended: STARTED + 60_000,
  summary: { loss: 0.25 },
});

/** Points by metric. */
export type Points = Record<string, [step: number, value: number][]>;

/** A batch of points, and a line for each text. Points of the same step have the same time. */
export function batch(number: number, runId: string, points: Points, lines: string[] = []): Batch {
  return {
    number,
    points: Object.entries(points).map(([metric, list]) => ({
      metric,
      steps: Float64Array.from(list, ([step]) => step),
      values: Float64Array.from(list, ([, value]) => value),
      times: Float64Array.from(list, ([step]) => STARTED + step * 1000),
    })),
    media: [],
    lines: lines.map((message, i) => ({
      run_id: runId,
      seq: number * 1000 + i + 1,
      at: STARTED + number * 1000 + i,
      level: 'info',
      message,
    })),
  };
}

/**
 * Batches of a run that logs every step.
 * @param steps steps in each of them
 */
export function batches(
  runId: string,
  { count = 4, steps = 5, metrics = ['loss', 'val_loss', 'learning_rate'] } = {},
): Batch[] {
  return Array.from({ length: count }, (_, number) => {
    const series = (offset: number): [number, number][] =>
      Array.from({ length: steps }, (_, i) => [number * steps + i, offset + 1 / (number * steps + i + 3)]);
    const points = Object.fromEntries(metrics.map((name, index) => [name, series(index)]));
    return batch(number, runId, points, [`line ${number}.0 of ${runId};`, `line ${number}.1 of ${runId};`]);
  });
}

/** All points of batches, by metric. */
export function pointsOf(all: readonly Batch[]): Points {
  const points: Points = {};
  for (const { points: series } of all) {
    for (const { metric, steps, values } of series) {
      (points[metric] ??= []).push(...[...steps].map((step, i): [number, number] => [step, values[i]]));
    }
  }
  return points;
}

/** A file with this text in it. */
export function file(path: string, text: string, type = 'text/plain'): RunFile {
  const blob = new Blob([text], { type });
  return {
    path,
    type,
    bytes: blob.size,
    key: createHash('sha256').update(text).digest('hex'),
    model: path.startsWith('model/'),
    read: () => Promise.resolve(blob),
  };
}
