/**
 * Decides what to notify of: events of the workbench, rows of runs and the clock go in, notifications come out. Knows nothing
 * of browsers or servers; a state and an input always give the same.
 */
import { formatDuration, formatNumber, plural } from '../../base/format';
import type { RunRow } from '../../store/schema';
import type { TrainingEvent } from '../../training/protocol';
import type { NotificationKind, NotificationRules, RunNotification } from './notification';

/** Milliseconds between two notifications of a new best. */
const BEST_EVERY_MS = 60_000;

/** A clock that was silent for longer slept with its machine: browsers let even hidden pages look every minute. */
const SLEPT_MS = 150_000;

const MINUTE_MS = 60_000;

/** What of a run's row is looked at. */
export type WatchedRow = Pick<
  RunRow,
  | 'id'
  | 'name'
  | 'status'
  | 'reason'
  | 'trial'
  | 'epoch'
  | 'step'
  | 'seconds'
  | 'latest'
  | 'best'
  | 'metrics'
  | 'config'
>;

/** A run as it was last heard of. */
interface WatchedRun {
  name: string;
  status: RunRow['status'];
  epoch: number;
  step: number;
  /** When the last sign of work came: a step, an evaluation. */
  worked_at: number;
  /** Whether it was said that it stalled. */
  stalled: boolean;
  /** Whether there was a best checkpoint: the first one is no news. */
  has_best: boolean;
  /** When the last new best was said. */
  best_said_at: number;
  /** A new best that came too soon after the last one. */
  best_waiting: { metric: string; value: number } | null;
}

/** What is known of all runs. Begins as `START`. */
export interface WatchState {
  readonly runs: ReadonlyMap<string, WatchedRun>;
  /** When the clock was last looked at. */
  readonly ticked: number | null;
}

/** Nothing is known. */
export const START: WatchState = { runs: new Map(), ticked: null };

/** What can be told to the engine. */
export type WatchInput =
  /** A row as it is stored now. */
  | { type: 'row'; row: WatchedRow; now: number }
  /** What a trainer says. */
  | { type: 'training'; event: TrainingEvent; now: number }
  /** A run was found unfinished and goes on. */
  | { type: 'resumed'; run_id: string; name: string; step: number; now: number }
  | { type: 'tick'; now: number };

/** Takes an input in: the state after it, and what is to be said. */
export function watch(
  state: WatchState,
  input: WatchInput,
  rules: NotificationRules,
): { state: WatchState; notifications: RunNotification[] } {
  const said: RunNotification[] = [];
  const say = (kind: NotificationKind, id: string, run: WatchedRun, text: string, metrics: Record<string, number>) => {
    if (!rules.on[kind]) return;
    const { name, status, epoch, step } = run;
    said.push({ kind, run: { id, name, status, epoch, step }, text, metrics, at: input.now });
  };
  const runs = new Map(state.runs);
  const change = (id: string, next: WatchedRun): void => void runs.set(id, next);

  if (input.type === 'row') {
    const { row } = input;
    const before = runs.get(row.id);
    // What trials of a study do is the study's matter: there may be hundreds.
    if (row.trial !== null) return { state, notifications: [] };
    const after = withRow(before ?? fresh(row.name, input.now), row, input.now);
    if (UNDER_WAY.has(after.status)) change(row.id, after);
    else runs.delete(row.id);
    // Of a run that had ended before it was first seen there is nothing to tell.
    if (before?.status === 'running') {
      const ended = endOf(row);
      if (ended) say(ended.kind, row.id, after, ended.text, ended.metrics);
    }
  } else if (input.type === 'training') {
    const { event, now } = input;
    const run = runs.get(event.run_id);
    if (event.type === 'checkpoint') {
      if (!run) return { state, notifications: [] };
      const { best, checkpoint } = event;
      const next = { ...run, epoch: checkpoint.epoch, step: checkpoint.step, worked_at: now, stalled: false };
      if (best && checkpoint.monitor && run.has_best) next.best_waiting = checkpoint.monitor;
      change(event.run_id, { ...next, has_best: run.has_best || best });
      sayBest(event.run_id);
    } else if (event.type === 'started') {
      // It is under way now, whatever its row says by the time that somebody reads it.
      if (run) change(event.run_id, { ...run, status: 'running', step: event.step, worked_at: now, stalled: false });
    } else if (event.type === 'progress' || event.type === 'evaluated') {
      if (!run) return { state, notifications: [] };
      const works = event.type === 'evaluated' || event.step > run.step;
      const { epoch, step } = event;
      change(event.run_id, { ...run, epoch, step, ...(works && { worked_at: now, stalled: false }) });
    }
  } else if (input.type === 'resumed') {
    const { run_id: id, name, step, now } = input;
    const run: WatchedRun = {
      ...(runs.get(id) ?? fresh(name, now)),
      ...{ name, step, status: 'running', worked_at: now, stalled: false },
    };
    change(id, run);
    say('resumed', id, run, `It was cut off, and goes on from step ${step}.`, {});
  } else {
    const slept = state.ticked === null ? 0 : Math.max(0, input.now - state.ticked - SLEPT_MS);
    for (const [id, known] of runs) {
      const run = slept > 0 ? { ...known, worked_at: known.worked_at + slept + SLEPT_MS } : known;
      const idle = input.now - run.worked_at;
      const stalls = run.status === 'running' && !run.stalled && idle >= rules.stalled_minutes * MINUTE_MS;
      change(id, stalls ? { ...run, stalled: true } : run);
      if (stalls) {
        say('stalled', id, run, `It took no step for ${formatDuration(idle / 1000)}; the last was ${run.step}.`, {});
      }
      sayBest(id);
    }
  }
  return { state: { runs, ticked: input.type === 'tick' ? input.now : state.ticked }, notifications: said };

  /** Says the newest best that waits, unless another one was said just now. */
  function sayBest(id: string): void {
    const run = runs.get(id);
    if (!run?.best_waiting || input.now - run.best_said_at < BEST_EVERY_MS) return;
    const { metric, value } = run.best_waiting;
    change(id, { ...run, best_waiting: null, best_said_at: input.now });
    say('new_best', id, run, `${metric} is ${formatNumber(value)} after ${plural(run.step, 'step')}.`, {
      [metric]: value,
    });
  }
}

const UNDER_WAY: ReadonlySet<RunRow['status']> = new Set(['running', 'paused']);

const fresh = (name: string, now: number): WatchedRun => ({
  name,
  status: 'running',
  epoch: 0,
  step: 0,
  worked_at: now,
  stalled: false,
  has_best: false,
  best_said_at: -Infinity,
  best_waiting: null,
});

/** A run as its row says. One that was paused begins to be waited for anew. */
function withRow(run: WatchedRun, row: WatchedRow, now: number): WatchedRun {
  const restarts = row.status === 'running' && run.status !== 'running';
  const works = restarts || row.step > run.step;
  return {
    ...run,
    name: row.name,
    status: row.status,
    epoch: Math.max(run.epoch, row.epoch),
    step: Math.max(run.step, row.step),
    has_best: run.has_best || row.config.training.checkpoints.monitor in row.best,
    ...(works && { worked_at: now, stalled: false }),
  };
}

/** What an ended run is told of with; null: it was the user, or a study, who ended it. */
function endOf(row: WatchedRow): { kind: NotificationKind; text: string; metrics: Record<string, number> } | null {
  const { status, reason } = row;
  if (status === 'failed' || status === 'diverged') return { kind: status, text: reason ?? '', metrics: {} };
  if (status !== 'finished') return null;
  const { monitor } = row.config.training.checkpoints;
  const best = row.best[monitor];
  const scores = row.metrics ? Object.entries(row.metrics.test).map(([name, value]) => [`test_${name}`, value]) : [];
  return {
    kind: 'finished',
    text: [
      `${plural(row.step, 'step')} in ${formatDuration(row.seconds)}.`,
      best === undefined ? '' : ` Best ${monitor}: ${formatNumber(best)}.`,
    ].join(''),
    metrics: { ...(best !== undefined && { [monitor]: best }), ...Object.fromEntries(scores) } as Record<
      string,
      number
    >,
  };
}
