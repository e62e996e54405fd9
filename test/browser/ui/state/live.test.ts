/** What the page knows of runs that train, from events alone. */
import { expect, it } from 'vitest';
import type { TrainingEvent } from '../../../../src/training/protocol';
import { Live } from '../../../../src/ui/state/live.svelte';

const progress = (run_id: string, step: number, loss: number[]): TrainingEvent => ({
  run_id,
  type: 'progress',
  epoch: 1,
  step,
  total_steps: 10,
  samples_per_second: 100,
  step_ms: 2,
  gpu_bytes: 1000,
  eta_seconds: 5,
  points: [{ metric: 'val_loss', steps: loss.map((_, i) => step + i), values: loss, times: loss.map(() => 0) }],
});

it('keeps the latest and the best value of each metric', () => {
  const live = new Live();
  live.receive(progress('a', 1, [0.5, 0.2, 0.4]));
  live.receive(progress('a', 4, [0.3]));
  expect(live.runs.get('a')).toMatchObject({ step: 4, latest: { val_loss: 0.3 }, best: { val_loss: 0.2 } });
});

it('a run that leaves its trainer no longer trains; what is not about training changes nothing', () => {
  const live = new Live();
  live.receive({ type: 'resumed', run_id: 'a', name: 'a', step: 3 });
  expect(live.current).toBeNull();
  live.receive(progress('a', 1, []));
  expect(live.current?.run_id).toBe('a');
  live.receive({ type: 'ended', run_id: 'a', status: 'paused', reason: null, error: null, steps_this_process: 1 });
  expect(live.current).toBeNull();
});
