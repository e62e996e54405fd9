/** What the page and the worker say to each other that has the data of a run ready for others. */

/** The worker. */
export interface ExamplesApi {
  /** Gives out examples of a run of this browser at the other end of `port`, as `ExampleHolder`. */
  open(runId: string, port: MessagePort): void;
}
