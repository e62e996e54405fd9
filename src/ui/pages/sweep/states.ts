/** How the states of a trial look: a colour and a shape, never a colour alone. */
import type { TrialState } from '../../../store/study';
import type { MarkShape } from '../../charts/marks';

/** How one state looks. */
export interface StateLook {
  /** A CSS colour. */
  color: string;
  shape: MarkShape;
}

/** States by the order in which lists and legends show them. */
export const STATES: readonly TrialState[] = ['complete', 'pruned', 'failed', 'running', 'waiting'];

/** How each state looks. */
export const STATE_LOOKS: Record<TrialState, StateLook> = {
  complete: { color: 'var(--data-1)', shape: 'disc' },
  pruned: { color: 'var(--data-none)', shape: 'ring' },
  failed: { color: 'var(--bad)', shape: 'cross' },
  running: { color: 'var(--accent)', shape: 'disc' },
  waiting: { color: 'var(--ink-3)', shape: 'ring' },
};

/** The best, so far or at all. */
export const BEST_COLOR = 'var(--data-0)';
