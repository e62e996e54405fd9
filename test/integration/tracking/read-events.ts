/** Event files, as TensorBoard's own readers for Python read them. */
import * as v from 'valibot';
import { PythonProcess } from '../python';

const pairs = v.array(v.tuple([v.number(), v.any()]));
const answer = v.object({
  scalars: v.record(v.string(), v.array(v.tuple([v.number(), v.any(), v.number()]))),
  images: v.record(v.string(), v.array(v.record(v.string(), v.any()))),
  audio: v.record(v.string(), v.array(v.record(v.string(), v.any()))),
  texts: v.record(v.string(), pairs),
  histograms: v.record(v.string(), pairs),
  start: v.object({ params: v.record(v.string(), v.any()), group: v.string(), time: v.number() }),
  end: v.optional(v.object({ status: v.number(), time: v.number() })),
  projector: v.object({ embeddings: v.optional(v.array(v.record(v.string(), v.any()))) }),
});

/** What is in the folder of a run: scalars as [step, value, time]. */
export type ReadEvents = v.InferOutput<typeof answer>;

/** Those readers, started once. */
export class EventReader {
  readonly #process = new PythonProcess('tracking/read_events.py');

  /** What is in each of these folders. */
  read(folders: string[]): Promise<ReadEvents[]> {
    return this.#process.ask({ folders }, v.array(answer));
  }

  /** Ends them. */
  close(): Promise<void> {
    return this.#process.close();
  }
}
