/** The side of a worker: one engine on one workload. */
import { installCounters, type Counters } from './counters';
import { ENGINES } from './engines/registry';
import type { Engine } from './engines/engine';
import type { Reply, Request, StepReport } from './protocol';
import { batchOf, WORKLOADS, type Workload } from './workloads';

/** Answers requests. */
export function serve(): (request: Request) => Promise<Reply> {
  let counters: Counters | null = null;
  let step: ((index: number) => () => Promise<number>) | null = null;

  const measured = async (index: number): Promise<StepReport> => {
    if (!step || !counters) throw new Error('A step was asked for before the engine was ready.');
    const queue = step(index);
    const before = counters.dispatches;
    const started = performance.now();
    const pending = queue();
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
        const workload = WORKLOADS.find(({ name }) => name === request.workload);
        if (!workload) throw new Error(`There is no workload ${request.workload}.`);
        step = await prepare(await ENGINES[request.engine](), workload);
        const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
        const { vendor, architecture, device, description } = adapter?.info ?? {};
        return { type: 'ready', adapter: [vendor, architecture, device, description].filter(Boolean).join(' ') };
      }
      return { type: 'stepped', report: await measured(request.index) };
    } catch (error) {
      return { type: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  };
}

/** Makes the batch of a step first, then gives what queues the step. */
async function prepare(engine: Engine, workload: Workload): Promise<(index: number) => () => Promise<number>> {
  if (workload.kind === 'product') {
    const multiply = await engine.prepareProduct(workload);
    return () => multiply;
  }
  const trainee = await engine.prepare(workload);
  return (index) => {
    const batch = batchOf(workload, index);
    return () => trainee.step(batch, index);
  };
}
