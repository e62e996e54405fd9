/** Early stopping: ends a run that has stopped improving. Pure functions over the saved state. */
import type { RunConfig } from '../config/schema';
import { better } from './metrics/names';
import type { TrainingState } from './state';

/** Settings, with the metric that is really watched. */
export type EarlyStoppingSettings = NonNullable<RunConfig['training']['early_stopping']>;

type State = NonNullable<TrainingState['early_stopping']>;

/** The state after the evaluation of `epoch` (counted from 1) gave `value`. */
export function watch(settings: EarlyStoppingSettings, state: State, epoch: number, value: number): State {
  if (state.best === null ? !Number.isNaN(value) : better(settings.monitor, value, state.best, settings.min_delta)) {
    return { best: value, best_epoch: epoch, bad_epochs: 0 };
  }
  return { ...state, bad_epochs: state.bad_epochs + 1 };
}

/** Why the run is to stop now; null: go on. */
export function stopReason(settings: EarlyStoppingSettings | null, state: State | null): string | null {
  if (!settings || !state || state.bad_epochs < settings.patience) return null;
  const best = state.best === null ? '' : ` (${Number(state.best.toPrecision(4))} after epoch ${state.best_epoch})`;
  return `Stopped early: ${settings.monitor} has not improved on its best${best} for ${settings.patience} ${settings.patience === 1 ? 'epoch' : 'epochs'}.`;
}
