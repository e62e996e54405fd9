/** What an optimizer's file gives: the engine's update rule, and its scalars at a step. */
import type { Scalars, UpdateRule } from '../../engine/update-rule';

/** An optimizer with its settings. */
export interface Optimizer extends UpdateRule {
  /**
   * Values of the scalars.
   * @param step Counts updates from 1.
   * @param learningRate What the schedule gives for this update.
   */
  scalarsAt(step: number, learningRate: number): Scalars;
}
