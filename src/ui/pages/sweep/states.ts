/** How the states of a trial look: a colour and a shape, never a colour alone. */
import type { TrialState } from '../../../store/study';
import type { StateLook } from '../../charts/marks';

/** States by the order in which lists and legends show them. */
export const STATES: readonly TrialState[] = ['complete', 'pruned', 'failed', 'running', 'waiting'];

/** How each state looks. */
export const STATE_LOOKS: Record<TrialState, StateLook> = {
  complete: { word: 'complete', shape: 'disc', color: 'var(--data-1)' },
  pruned: { word: 'pruned', shape: 'ring', color: 'var(--data-none)' },
  failed: { word: 'failed', shape: 'cross', color: 'var(--bad)' },
  running: { word: 'running', shape: 'disc', color: 'var(--accent)' },
  waiting: { word: 'waiting', shape: 'ring', color: 'var(--ink-3)' },
};

/** The best, so far or at all. */
export const BEST_COLOR = 'var(--data-0)';
