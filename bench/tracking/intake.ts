/** What the outbox takes in, as its worker measures it. */

/** What to store, and how it is cut. */
export interface Intake {
  metrics: number;
  steps: number;
  /** Points in a batch, at most; null: the least of what any tracker takes. */
  limit: number | null;
}

/** Milliseconds. */
export interface IntakeReport {
  /** From the first point to the last one in the database. */
  store: number;
  /** From the first batch to the last one. */
  cut: number;
  batches: number;
  points: number;
  limit: number;
}
