/** MLflow as the conformance suite meets it. */
import { mlflow } from '../../../../src/tracking/trackers/mlflow/tracker';
import { MlflowReader } from '../read-mlflow';
import { startMlflow } from '../servers/mlflow';
import type { Arrived, Subject } from '../subject';

/** MLflow keeps an infinity as the largest double of its sign. */
const kept = (value: number): number => (Math.abs(value) === Number.MAX_VALUE ? Math.sign(value) * Infinity : value);

/** The tracker `mlflow` with a real server. */
export const mlflowSubject: Subject = {
  name: 'MLflow',
  tracker: mlflow,
  async start() {
    const reader = new MlflowReader();
    const server = await startMlflow();
    return {
      url: server.url,
      options: (url) => ({ url, experiment: 'conformance', model_name: null, alias: null }),
      credential: null,
      async read(runId): Promise<Arrived> {
        const runs = await reader.runs(server.url, runId);
        if (runs.length !== 1) throw new Error(`${runs.length} runs of ${runId} are at MLflow; one was expected.`);
        const [{ metrics, params, files, status }] = runs;
        return {
          metrics: Object.fromEntries(
            Object.entries(metrics).map(([name, points]) => [name, points.map(([step, value]) => [step, kept(value)])]),
          ),
          params,
          files,
          lines: null,
          status,
        };
      },
      kill: () => server.kill(),
      restart: () => server.restart(),
      async stop() {
        await reader.close();
        await server.stop();
      },
    };
  },
};
