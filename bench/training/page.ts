/** The page that runs benchmarks in a browser: a worker for each engine. */
import { measure, type Runner } from './measure';
import type { Reply } from './protocol';

async function start(): Promise<Runner> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  return {
    ask: (request) =>
      new Promise<Reply>((resolve) => {
        worker.onmessage = ({ data }: MessageEvent<Reply>) => resolve(data);
        worker.onerror = ({ message }) => resolve({ type: 'failed', message: message || 'The worker did not load.' });
        worker.postMessage(request);
      }),
    stop: () => worker.terminate(),
  };
}

const bench = {
  measure: (workload: string, engines: string[], steps: number) => measure(workload, engines, steps, start),
};

declare global {
  interface Window {
    bench: typeof bench;
  }
}

window.bench = bench;
