/** Runs and models of an MLflow server, as its own Python client reads them. */
import * as v from 'valibot';
import { PythonProcess, runPython } from '../python';

const runSchema = v.object({
  id: v.string(),
  experiment: v.string(),
  name: v.string(),
  status: v.string(),
  start_time: v.number(),
  end_time: v.nullable(v.number()),
  metrics: v.record(
    v.string(),
    v.array(v.tuple([v.number(), v.pipe(v.union([v.number(), v.literal('NaN')]), v.transform(Number)), v.number()])),
  ),
  params: v.record(v.string(), v.string()),
  tags: v.record(v.string(), v.string()),
  files: v.record(v.string(), v.number()),
});

/** A run there; metrics as [step, value, time]. */
export type ReadRun = v.InferOutput<typeof runSchema>;

/** MLflow's client, started once: it takes seconds to begin. */
export class MlflowReader {
  readonly #process = new PythonProcess('tracking/read_mlflow.py');

  /** All runs at the server `uri` that bear an id of ours: one, unless something went wrong. */
  runs(uri: string, runId: string): Promise<ReadRun[]> {
    return this.#process.ask({ uri, run_id: runId }, v.array(runSchema));
  }

  /** Ends it. */
  close(): Promise<void> {
    return this.#process.close();
  }
}

/** A table of a run by its path, columns by name, as `mlflow.load_table` finds it. */
export const loadMlflowTable = (input: { uri: string; run: string; path: string }) =>
  runPython('tracking/load_mlflow_table.py', input, v.record(v.string(), v.array(v.unknown())));

/** A registered model by its alias, opened by MLflow. */
export const openMlflowModel = (input: { uri: string; model: string; alias: string; run: string }) =>
  runPython(
    'tracking/open_mlflow_model.py',
    input,
    v.object({
      version: v.string(),
      aliases: v.array(v.string()),
      description: v.string(),
      tags: v.record(v.string(), v.string()),
      run_id: v.string(),
      bundle_sha256: v.string(),
      flavors: v.record(v.string(), v.record(v.string(), v.unknown())),
      model_run_id: v.string(),
      same: v.boolean(),
      created: v.string(),
    }),
  );
