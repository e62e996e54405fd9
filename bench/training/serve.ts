/** The side of a worker: one engine on one workload. */
import { installCounters, type Counters } from './counters';
import { ENGINES } from './engines/registry';
import type { Trainee } from './engines/engine';
import type { Reply, Request, StepReport } from './protocol';
import { batchOf, WORKLOADS, type Workload } from './workloads';

/** Answers requests. */
export function serve(): (request: Request) => Promise<Reply> {
  let counters: Counters | null = null;
  let trainee: Trainee | null = null;
  let workload: Workload | null = null;

  const step = async (index: number): Promise<StepReport> => {
    if (!trainee || !workload || !counters) throw new Error('A step was asked for before the engine was ready.');
    const batch = batchOf(workload, index);
    const before = counters.dispatches;
    const started = performance.now();
    const pending = trainee.step(batch, index);
    const queued = performance.now();
    const loss = await pending;
    const ended = performance.now();
    return {
      loss,
      ms: ended - started,
      js_ms: queued - started,
      dispatches: counters.dispatches - before,
      peak_bytes: counters.peak,
    };
  };

  return async (request) => {
    try {
      if (request.type === 'prepare') {
        counters ??= installCounters();
        workload = WORKLOADS.find(({ name }) => name === request.workload) ?? null;
        if (!workload) throw new Error(`There is no workload ${request.workload}.`);
        const engine = await ENGINES[request.engine]();
        trainee = await engine.prepare(workload);
        const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
        const { vendor, architecture, device, description } = adapter?.info ?? {};
        return { type: 'ready', adapter: [vendor, architecture, device, description].filter(Boolean).join(' ') };
      }
      return { type: 'stepped', report: await step(request.index) };
    } catch (error) {
      return { type: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  };
}
