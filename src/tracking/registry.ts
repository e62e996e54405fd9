/** Every tracker. To add one: its file in `trackers/`, its line here. */
import type { Tracker } from './tracker';
import { mlflow } from './trackers/mlflow/tracker';
import { prometheus } from './trackers/prometheus/prometheus';
import { tensorboard } from './trackers/tensorboard/tensorboard';
import { wandb } from './trackers/wandb/wandb';

/** Trackers by kind. */
export const TRACKERS: readonly Tracker[] = [mlflow, wandb, tensorboard, prometheus];

/** The tracker of a kind; undefined: this version knows none of it. */
export const trackerOf = (kind: string): Tracker | undefined => TRACKERS.find((tracker) => tracker.kind === kind);
