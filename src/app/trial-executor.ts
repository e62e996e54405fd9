/** Trains the runs of trials in this tab. */
import { LatheError } from '../base/errors';
import { isEpochMetric } from '../config/metrics';
import type { Database } from '../store/database';
import { deleteCheckpoints, listCheckpoints } from '../store/checkpoints';
import { readMetrics } from '../store/metrics';
import { getRun, putRun, updateRun } from '../store/runs';
import { UNFINISHED, type RunRow } from '../store/schema';
import type { Objective } from '../store/study';
import type { Elsewhere, Executor, RunEnd, RunOrder } from '../sweeps/executor';
import { getDataset } from './datasets';
import type { EventHub } from './events';
import { newRun } from './runs';
import type { Departure, RunSupervisor } from './supervisor';

/** Kinds of errors that no other parameters would help against. */
const IMPOSSIBLE = new Set(['data', 'not_found', 'backend']);

/** The executor of this tab. */
export function localExecutor(database: Database, hub: EventHub, supervisor: RunSupervisor): Executor {
  const speeds = new Map<string, { speed: number | null; bytes: number }>();
  let limit: number | null = null;
  void navigator.gpu?.requestAdapter().then((adapter) => (limit = adapter?.limits.maxBufferSize ?? null));
  hub.subscribe((event) => {
    if (event.type === 'progress') {
      speeds.set(event.run_id, { speed: event.samples_per_second, bytes: event.gpu_bytes });
    } else if (event.type === 'ended') speeds.delete(event.run_id);
  });
  /** Runs that are about to train, and how they were asked to leave meanwhile. */
  const starting = new Map<string, 'pause' | 'prune' | null>();
  const changed = (id: string): void => hub.emit({ type: 'changed', noun: 'run', id });

  const launch = async (order: RunOrder): Promise<void> => {
    const { run_id, config, dataset_id, objectives, report } = order;
    const known = await database.get('runs', run_id);
    if (known && !UNFINISHED.includes(known.status)) return;
    if (!known) await order.begin(null);
    const row = known ?? (await newRun(database, config, await getDataset(database, dataset_id), order));
    await supervisor.launch(
      run_id,
      async () => {
        if (known) await updateRun(database, run_id, { status: 'running', reason: null });
        else await putRun(database, row);
        changed(run_id);
      },
      { judge: report && isEpochMetric(objectives[0].metric) ? { metric: objectives[0].metric, report } : null },
    );
  };

  return {
    async train(order) {
      let asked: 'pause' | 'prune' | null = null;
      try {
        starting.set(order.run_id, null);
        await launch(order).finally(() => {
          asked = starting.get(order.run_id) ?? null;
          starting.delete(order.run_id);
        });
        if (asked) await supervisor.leave(order.run_id, asked);
      } catch (thrown) {
        const error = LatheError.from(thrown);
        return { kind: IMPOSSIBLE.has(error.kind) ? 'impossible' : 'paused', reason: error.message, steps: 0 };
      }
      const departure = await supervisor.departure(order.run_id);
      const row = await getRun(database, order.run_id);
      const end = await runEnd(database, row, departure, order);
      if (end.kind !== 'paused') await trim(database, row, end.kind === 'complete');
      return end;
    },
    async leave(runId, how) {
      if (starting.has(runId)) starting.set(runId, how);
      else await supervisor.leave(runId, how);
    },
    speed: (runId) => speeds.get(runId)?.speed ?? null,
    memory: () => ({ held: [...speeds.values()].reduce((sum, { bytes }) => sum + bytes, 0), limit }),
    elsewhere: () => NOWHERE,
  };
}

/** This browser alone. */
const NOWHERE: Elsewhere = { slots: 0, runs: new Set(), change: new Promise(() => undefined) };

/** How a run that left its trainer ended, for its trial. */
async function runEnd(database: Database, row: RunRow, { error }: Departure, order: RunOrder): Promise<RunEnd> {
  const { step: steps } = row;
  const reason = row.reason ?? `The run was ${row.status}.`;
  switch (row.status) {
    case 'finished':
    case 'stopped':
      return { kind: 'complete', values: await objectiveValues(database, row, order), steps };
    case 'pruned':
      return { kind: 'pruned', reason, steps };
    case 'diverged':
    case 'cancelled':
      return { kind: 'failed', reason, steps };
    case 'failed': {
      const hopeless = error && (IMPOSSIBLE.has(error.kind) || error.where.key?.startsWith('optimization.'));
      return { kind: hopeless ? 'impossible' : 'failed', reason, steps };
    }
    case 'running':
    case 'paused':
      return { kind: 'paused', reason: row.reason, steps };
  }
}

/** The objectives of a run that is complete; NaN where it did not log one. */
function objectiveValues(database: Database, row: RunRow, { objectives, value }: RunOrder): Promise<number[]> {
  return Promise.all(objectives.map((objective) => objectiveValue(database, row, objective, value)));
}

async function objectiveValue(
  database: Database,
  row: RunRow,
  { metric }: Objective,
  which: RunOrder['value'],
): Promise<number> {
  if (metric === 'parameters') return row.model?.parameters ?? NaN;
  // Without a validation split the same metric of the training split stands in; of the training split an epoch's mean
  // counts, not the luckiest batch.
  const name = metric in row.latest ? metric : metric.replace(/^val_/, 'train_');
  if (name.startsWith('train_')) return row.metrics?.train[name.slice('train_'.length)] ?? row.latest[name] ?? NaN;
  const known = which === 'best' ? (row.best[name] ?? row.latest[name]) : row.latest[name];
  if (known !== undefined) return known;
  // What tells of the run and not of the model, as its speed, is only in the curves.
  const [series] = await readMetrics(database, row.id, [name]);
  return series?.values.at(-1) ?? NaN;
}

/** A trial keeps its best checkpoint where it is complete, and none otherwise: hundreds of them would fill the disk. */
async function trim(database: Database, row: RunRow, complete: boolean): Promise<void> {
  const kept = complete ? row.best_checkpoint : null;
  const rows = await listCheckpoints(database, row.id);
  await deleteCheckpoints(
    database,
    rows.map(({ id }) => id).filter((id) => id !== kept),
  );
  await updateRun(database, row.id, { best_checkpoint: kept, latest_checkpoint: kept });
}
