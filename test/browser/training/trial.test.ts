import { describe, expect, test } from 'vitest';
import { listCheckpoints } from '../../../src/store/checkpoints';
import { readMetrics } from '../../../src/store/metrics';
import type { TrainingEvent, TrainerApi } from '../../../src/training/protocol';
import { shareDevice } from '../share-device';
import { eventsOf, freshDatabase, sit, storeRun, syntheticData } from './fixture';

shareDevice();

const CONFIG = {
  model: { architecture: 'mlp', hidden: [6] },
  training: { epochs: 4, batch_size: 16, early_stopping: null },
};

/** Answers every report by `judge`. */
const answering =
  (judge: (epoch: number) => string | null) =>
  (event: TrainingEvent, trainer: TrainerApi): void => {
    if (event.type === 'report' && !event.over) void trainer.verdict(judge(event.epoch));
  };

describe('a run that is a trial', () => {
  const data = syntheticData({ examples: 60 });

  test('reports every epoch, the last one without awaiting a verdict', async () => {
    const database = await freshDatabase();
    const run = await storeRun(database, CONFIG);
    const { events, row } = await sit(database, run.id, data, { reports: 'val_loss', during: answering(() => null) });
    expect(row.status).toBe('finished');
    const reports = eventsOf(events, 'report');
    expect(reports.map(({ epoch, over }) => [epoch, over])).toEqual([
      [1, false],
      [2, false],
      [3, false],
      [4, true],
    ]);
    const [curve] = await readMetrics(database, run.id, ['val_loss']);
    expect(reports.map(({ value }) => value)).toEqual([...curve.values]);
    expect(reports.map(({ step }) => step)).toEqual([...curve.steps]);
  });

  test('takes no further step once it is condemned', async () => {
    const database = await freshDatabase();
    const run = await storeRun(database, CONFIG);
    const during = answering((epoch) => (epoch === 2 ? 'It is poor.' : null));
    const { events, row } = await sit(database, run.id, data, { reports: 'val_loss', during });
    const [, second] = eventsOf(events, 'report');
    expect(row).toMatchObject({ status: 'pruned', reason: 'It is poor.', step: second.step, epoch: 2, metrics: null });
    const [losses] = await readMetrics(database, run.id, ['train_loss']);
    expect(losses.steps.at(-1)).toBe(second.step);
  });

  test('ends by hand within a step', async () => {
    const database = await freshDatabase();
    const run = await storeRun(database, { ...CONFIG, training: { ...CONFIG.training, epochs: 1000 } });
    let asked = 0;
    const { row } = await sit(database, run.id, data, {
      reports: 'val_loss',
      during: (event, trainer) => {
        if (event.type !== 'report') return;
        asked = event.step;
        void trainer.leave('prune');
        void trainer.verdict(null);
      },
    });
    expect(row.status).toBe('pruned');
    // Steps that were queued already are awaited.
    expect(row.step - asked).toBeLessThanOrEqual(1);
  });

  test('reports its last epoch again when it goes on, since it may not have been heard', async () => {
    const database = await freshDatabase();
    const run = await storeRun(database, CONFIG);
    const first = await sit(database, run.id, data, {
      reports: 'val_loss',
      during: (event, trainer) => {
        if (event.type !== 'report') return;
        if (event.epoch === 2) void trainer.leave('pause');
        void trainer.verdict(null);
      },
    });
    expect(first.row.status).toBe('paused');
    const [checkpoint] = await listCheckpoints(database, run.id);
    const second = await sit(database, run.id, data, { reports: 'val_loss', during: answering(() => null) });
    const again = eventsOf(second.events, 'report');
    const known = eventsOf(first.events, 'report');
    // It paused on an epoch's last step, or within the next one.
    if (checkpoint.step === known[1].step) expect(again[0]).toEqual(known[1]);
    expect(again.at(-1)).toMatchObject({ epoch: 4, over: true });
    expect(second.row.status).toBe('finished');
  });

  test('refuses a metric that no run of its task logs, by the key of the search', async () => {
    const database = await freshDatabase();
    const run = await storeRun(database, CONFIG);
    await expect(sit(database, run.id, data, { reports: 'val_r2' })).rejects.toMatchObject({
      kind: 'config',
      where: { key: 'optimization.hyperparameter_search.metric' },
      message: expect.stringContaining('no run of this task logs the metric val_r2'),
    });
  });
});
