/** What users are told of their runs while they do something else. */
import type { RunStatus } from '../../store/schema';

/** What is worth a notification; each can be switched. */
export const NOTIFICATION_KINDS = ['finished', 'failed', 'diverged', 'stalled', 'resumed', 'new_best'] as const;

/** See `NOTIFICATION_KINDS`. */
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/** Which notifications are wanted. */
export interface NotificationRules {
  on: Record<NotificationKind, boolean>;
  /** Minutes without a step after which a run counts as stalled. */
  stalled_minutes: number;
}

/** Something that happened to a run. */
export interface RunNotification {
  kind: NotificationKind;
  run: { id: string; name: string; status: RunStatus; epoch: number; step: number };
  /** Why, or how well, in a sentence; empty where there is nothing to add. */
  text: string;
  /** Metrics that belong to it. */
  metrics: Record<string, number>;
  /** Milliseconds since the epoch. */
  at: number;
}

const TITLES: Record<NotificationKind, string> = {
  finished: 'finished',
  failed: 'failed',
  diverged: 'diverged',
  stalled: 'has stalled',
  resumed: 'goes on',
  new_best: 'has a new best',
};

/** `digits finished`: what happened, in a few words. `name`: as it is written where it is shown. */
export const titleOf = ({ kind, run }: RunNotification, name = run.name): string => `${name} ${TITLES[kind]}`;

/** Whether it is bad news. */
export const isBad = ({ kind }: RunNotification): boolean =>
  kind === 'failed' || kind === 'diverged' || kind === 'stalled';
