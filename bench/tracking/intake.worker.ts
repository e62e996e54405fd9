/** The worker that points are stored and cut into batches in. */
import { openDatabase } from '../../src/store/database';
import { startCursor } from '../../src/store/delivery';
import { MetricWriter } from '../../src/store/metrics';
import { RunSource } from '../../src/tracking/outbox/source';
import { TRACKERS } from '../../src/tracking/registry';
import type { Intake, IntakeReport } from './intake';

/** MLflow's, where no tracker is there. */
const LEAST_LIMIT = 1000;

/** Steps between two writes to the database: what training makes in two seconds. */
const STEPS_A_FLUSH = 2000;

async function measure({ metrics, steps, limit: given }: Intake): Promise<IntakeReport> {
  const database = await openDatabase({}, `bench-${crypto.randomUUID()}`);
  const limit = given ?? Math.min(LEAST_LIMIT, ...TRACKERS.map(({ limits }) => limits.points));
  const names = Array.from({ length: metrics }, (_, i) => `metric_${i}`);
  const writer = new MetricWriter(database, 'run');
  const started = performance.now();
  for (let step = 1; step <= steps; step++) {
    const time = Date.now();
    for (const name of names) writer.append(name, step, step / 7, time);
    if (step % STEPS_A_FLUSH === 0) await writer.flush();
  }
  await writer.flush();
  const stored = performance.now();

  const source = new RunSource(database, 'run');
  let cursor = startCursor();
  let [batches, points] = [0, 0];
  for (;;) {
    const cut = await source.next(cursor, { limit, complete: true, over: true });
    if (!cut) break;
    cursor = cut.to;
    batches++;
    points += cut.batch.points.reduce((sum, series) => sum + series.steps.length, 0);
  }
  const ended = performance.now();
  database.close();
  indexedDB.deleteDatabase(database.name);
  return { store: stored - started, cut: ended - stored, batches, points, limit };
}

addEventListener('message', ({ data }: MessageEvent<Intake>) => {
  void measure(data).then(
    (report) => postMessage({ report }),
    (error: unknown) => postMessage({ failed: error instanceof Error ? error.message : String(error) }),
  );
});
