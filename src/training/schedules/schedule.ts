/** What a schedule's file gives. */

/** How long a run is. */
export interface RunLength {
  /** Updates in the whole run. */
  total: number;
  /** Updates in one epoch. */
  perEpoch: number;
}

/** Factor on the learning rate for the update with index `step` (from 0). Pure: a resumed run needs nothing saved. */
export type Schedule = (step: number) => number;
