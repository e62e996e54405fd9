/** Curves of a run: what is stored and what training tells meet without a gap and without a point twice. */
import { expect, it, vi } from 'vitest';
import type { MetricSeries } from '../../../../src/store/metrics';
import type { TrainingEvent } from '../../../../src/training/protocol';
import { Curves, type StoredMetrics } from '../../../../src/ui/state/curves.svelte';
import { Live } from '../../../../src/ui/state/live.svelte';

/** Runs that have these points of the training loss, handed out when `answer` is called. */
function stored(steps: number[]): { runs: StoredMetrics; answer: () => void } {
  let answer: () => void = () => undefined;
  const reading = new Promise<MetricSeries[]>((resolve) => {
    answer = () =>
      resolve([
        {
          metric: 'train_loss',
          steps: Float64Array.from(steps),
          values: Float64Array.from(steps, (step) => 1 / step),
          times: Float64Array.from(steps, () => 0),
        },
      ]);
  });
  return { runs: { metrics: () => reading }, answer };
}

const progress = (steps: number[]): TrainingEvent => ({
  run_id: 'r',
  type: 'progress',
  epoch: 1,
  step: steps.at(-1) ?? 0,
  total_steps: 100,
  samples_per_second: 1,
  step_ms: 1,
  gpu_bytes: 0,
  eta_seconds: null,
  points: [{ metric: 'train_loss', steps, values: steps.map((step) => 1 / step), times: steps.map(() => 0) }],
});

const started = (step: number): TrainingEvent => ({
  run_id: 'r',
  type: 'started',
  backend: { backend: 'cpu', adapter: 'cpu', software: true, reason: '' },
  step,
  total_steps: 100,
  steps_per_epoch: 10,
  resumed_from: step,
});

const steps = (curves: Curves): number[] => curves.byMetric.get('train_loss')?.steps ?? [];

it('points that arrive while the store is read follow what was stored, none of them twice', async () => {
  const { runs, answer } = stored([1, 2, 3]);
  const live = new Live();
  const curves = new Curves(runs, 'r');
  curves.open(live);
  live.receive(progress([2, 3, 4]));
  answer();
  await vi.waitFor(() => expect(steps(curves)).toEqual([1, 2, 3, 4]));
  live.receive(progress([5, 6]));
  expect(steps(curves)).toEqual([1, 2, 3, 4, 5, 6]);
});

it('a resumed run walks again from its checkpoint: points after it go', async () => {
  const { runs, answer } = stored([1, 2, 3, 4, 5]);
  const live = new Live();
  const curves = new Curves(runs, 'r');
  curves.open(live);
  answer();
  await vi.waitFor(() => expect(steps(curves)).toHaveLength(5));
  live.receive(started(3));
  expect(steps(curves)).toEqual([1, 2, 3]);
  live.receive(progress([4]));
  expect(steps(curves)).toEqual([1, 2, 3, 4]);
});

it('hears nothing of other runs, and nothing after it is closed', async () => {
  const { runs, answer } = stored([1]);
  const live = new Live();
  const curves = new Curves(runs, 'r');
  const close = curves.open(live);
  answer();
  await vi.waitFor(() => expect(curves.loaded).toBe(true));
  live.receive({ ...progress([2]), run_id: 'other' });
  expect(steps(curves)).toEqual([1]);
  close();
  live.receive(progress([2]));
  expect(steps(curves)).toEqual([1]);
});

it('changes many times, and is drawn some times a second', async () => {
  const { runs, answer } = stored([]);
  const live = new Live();
  const curves = new Curves(runs, 'r');
  curves.open(live);
  answer();
  await vi.waitFor(() => expect(curves.version).toBe(1));
  const start = performance.now();
  let step = 0;
  while (performance.now() - start < 500) {
    for (let i = 0; i < 10; i++) live.receive(progress([++step]));
    await new Promise(requestAnimationFrame);
  }
  const seconds = (performance.now() - start) / 1000;
  expect(curves.version).toBeGreaterThan(1);
  expect(curves.version - 1).toBeLessThanOrEqual(10 * seconds + 1);
  const drawn = curves.version;
  live.receive(progress([++step]));
  await vi.waitFor(() => expect(curves.version).toBeGreaterThan(drawn));
  expect(steps(curves)).toHaveLength(step);
});
