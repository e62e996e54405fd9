/** Messages between the driver and the worker of an engine; one request is under way at a time. */

/** What the driver asks. */
export type Request = { type: 'prepare'; engine: string; workload: string } | { type: 'step'; index: number };

/** What one step gave. */
export interface StepReport {
  loss: number;
  /** Milliseconds from the call until the loss was there. */
  ms: number;
  /** Milliseconds of them in JavaScript, until everything was queued. */
  js_ms: number;
  dispatches: number;
  peak_bytes: number;
}

/** What the worker answers. */
export type Reply =
  { type: 'ready'; adapter: string } | { type: 'stepped'; report: StepReport } | { type: 'failed'; message: string };
