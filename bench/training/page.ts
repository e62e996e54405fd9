/** The page that runs benchmarks in a browser: a worker for each engine. */
import type { Reply, Request } from './protocol';

const workers = new Map<number, Worker>();

const bench = {
  start(id: number): void {
    workers.set(id, new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }));
  },
  ask(id: number, request: Request): Promise<Reply> {
    const worker = workers.get(id);
    if (!worker) throw new RangeError(`Worker ${id} was not started.`);
    return new Promise((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<Reply>) => resolve(data);
      worker.onerror = ({ message }) => resolve({ type: 'failed', message: message || 'The worker did not load.' });
      worker.postMessage(request);
    });
  },
  stop(id: number): void {
    workers.get(id)?.terminate();
    workers.delete(id);
  },
};

declare global {
  interface Window {
    bench: typeof bench;
  }
}

window.bench = bench;
