/** A real `mlflow server`, with a SQLite database and files of its own. */
import { join } from 'node:path';
import { PythonServer } from './python-server';

/** Starts one. @param options more of the command line's */
export const startMlflow = (options: string[] = ['--serve-artifacts']): Promise<PythonServer> =>
  PythonServer.start({
    name: 'mlflow',
    command: ({ port, folder }) => {
      const files = join(folder, 'files');
      return [
        ['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
        ['--backend-store-uri', `sqlite:///${join(folder, 'mlflow.db')}`],
        [options.includes('--no-serve-artifacts') ? '--default-artifact-root' : '--artifacts-destination', files],
        options,
      ].flat();
    },
    env: {
      MLFLOW_DISABLE_TELEMETRY: 'true',
      DO_NOT_TRACK: 'true',
      // Workers for jobs that evaluate language models: each imports all of MLflow again.
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
    },
    probe: '/health',
  });
