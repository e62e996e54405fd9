/** What the page tells while it works, checked, in the form in which the command line passes it on. */
import * as v from 'valibot';
import {
  crewMembers,
  finiteOrNull,
  groupStatus,
  helperStatus,
  metrics,
  roomStatus,
  trial,
  type CrewMemberSummary,
  type GroupSummary,
  type HelperSummary,
  type RoomSummary,
  type Trial,
} from './results';

const run = { run_id: v.string() };

const pageEvent = v.variant('type', [
  v.object({
    type: v.literal('import_progress'),
    progress: v.object({ stage: v.string(), done: v.number(), total: v.nullable(v.number()) }),
  }),
  v.object({
    ...run,
    type: v.literal('started'),
    backend: v.object({ backend: v.string(), adapter: v.string(), software: v.boolean(), reason: v.string() }),
    step: v.number(),
    total_steps: v.number(),
    steps_per_epoch: v.number(),
    resumed_from: v.nullable(v.number()),
  }),
  v.object({
    ...run,
    type: v.literal('progress'),
    epoch: v.number(),
    step: v.number(),
    total_steps: v.number(),
    samples_per_second: finiteOrNull,
    step_ms: finiteOrNull,
    gpu_bytes: v.number(),
    eta_seconds: finiteOrNull,
    points: v.array(v.object({ metric: v.string(), values: v.array(finiteOrNull) })),
  }),
  v.object({
    ...run,
    type: v.literal('evaluated'),
    split: v.string(),
    epoch: v.number(),
    step: v.number(),
    metrics,
  }),
  v.object({
    ...run,
    type: v.literal('checkpoint'),
    checkpoint: v.object({ id: v.string(), step: v.number(), epoch: v.number(), reason: v.string() }),
    best: v.boolean(),
  }),
  v.object({ ...run, type: v.literal('log'), level: v.string(), message: v.string() }),
  v.object({
    ...run,
    type: v.literal('ended'),
    status: v.string(),
    reason: v.nullable(v.string()),
    steps_this_process: v.number(),
  }),
  v.object({ ...run, type: v.literal('device_lost'), reason: v.string() }),
  v.object({ type: v.literal('trial'), study_id: v.string(), trial }),
  v.object({ ...run, type: v.literal('group'), status: groupStatus }),
  v.object({ type: v.literal('room'), status: roomStatus }),
  v.object({ type: v.literal('crew'), study_id: v.string(), members: crewMembers }),
  v.object({ type: v.literal('helper'), status: helperStatus }),
]);

/** Types of the page's events that are passed on. */
export const PASSED_ON: readonly string[] = pageEvent.options.map((option) => option.entries.type.literal);

/** One line of progress under `--json`. Numbers that are not finite are null: JSON has no others. */
export type ProgressEvent =
  | { event: 'import'; stage: string; done: number; total: number | null }
  | {
      event: 'started';
      run_id: string;
      backend: string;
      adapter: string;
      software: boolean;
      reason: string;
      step: number;
      total_steps: number;
      steps_per_epoch: number;
      resumed_from: number | null;
    }
  | {
      event: 'progress';
      run_id: string;
      epoch: number;
      step: number;
      total_steps: number;
      /** Loss of the newest step, and the newest value of every metric. */
      loss: number | null;
      metrics: Record<string, number | null>;
      samples_per_second: number | null;
      step_ms: number | null;
      gpu_bytes: number;
      eta_seconds: number | null;
    }
  | {
      event: 'evaluated';
      run_id: string;
      epoch: number;
      step: number;
      split: string;
      metrics: Record<string, number>;
    }
  | { event: 'checkpoint'; run_id: string; epoch: number; step: number; id: string; reason: string; best: boolean }
  | { event: 'log'; run_id: string; level: string; message: string }
  | { event: 'ended'; run_id: string; status: string; reason: string | null; steps_this_process: number }
  | { event: 'device_lost'; run_id: string; reason: string }
  | ({ event: 'trial'; study_id: string } & Trial)
  | ({ event: 'group'; run_id: string } & GroupSummary)
  /** The link lets others in: whoever reads it can take part. */
  | ({ event: 'room' } & RoomSummary)
  | { event: 'crew'; study_id: string; members: CrewMemberSummary[] }
  | ({ event: 'helper' } & HelperSummary);

/**
 * Checks an event of the page and brings it into the command line's form.
 * @throws valibot's error where the page sends what it should not
 */
export function readEvent(input: unknown): ProgressEvent {
  const event = v.parse(pageEvent, input);
  switch (event.type) {
    case 'import_progress':
      return { event: 'import', ...event.progress };
    case 'started': {
      const { type, backend, run_id, ...rest } = event;
      return { event: type, run_id, ...backend, ...rest };
    }
    case 'progress': {
      const { type, points, ...rest } = event;
      const newest = Object.fromEntries(points.map(({ metric, values }) => [metric, values.at(-1) ?? null]));
      return { event: type, ...rest, loss: newest.train_loss ?? null, metrics: newest };
    }
    case 'evaluated': {
      const { type, metrics: all, ...rest } = event;
      const known = Object.entries(all).filter((pair): pair is [string, number] => pair[1] !== null);
      return { event: type, ...rest, metrics: Object.fromEntries(known) };
    }
    case 'checkpoint': {
      const { type, run_id, checkpoint, best } = event;
      return { event: type, run_id, ...checkpoint, best };
    }
    case 'log':
      return { event: event.type, run_id: event.run_id, level: event.level, message: event.message };
    case 'ended':
      return {
        event: event.type,
        run_id: event.run_id,
        status: event.status,
        reason: event.reason,
        steps_this_process: event.steps_this_process,
      };
    case 'device_lost':
      return { event: event.type, run_id: event.run_id, reason: event.reason };
    case 'group':
      return { event: event.type, run_id: event.run_id, ...event.status };
    case 'room':
      return { event: event.type, ...event.status };
    case 'crew':
      return { event: event.type, study_id: event.study_id, members: event.members };
    case 'helper':
      return { event: event.type, ...event.status };
    case 'trial':
      return { event: event.type, study_id: event.study_id, ...event.trial };
  }
}
