/** The driver: engines side by side on one workload, step by step in turn, so that what disturbs one disturbs all. */
import { quartiles, type Quartiles } from '../statistics';
import type { Reply, Request, StepReport } from './protocol';

/** One engine's figures on one workload, as they are written to a file. */
export interface Figures {
  workload: string;
  engine: string;
  ms: Quartiles;
  js_ms: number;
  dispatches: number;
  peak_bytes: number;
  losses: number[];
  /** Set where the engine failed; the figures are then of what it did before. */
  error?: string;
}

/** A worker that runs one engine. */
export interface Runner {
  ask(request: Request): Promise<Reply>;
  stop(): Promise<void>;
}

/** Steps that every engine makes: their losses are compared, and the first two are not timed. */
const COMPARED = 5;
const WARM_UP = 2;

/** Milliseconds of steps after which an engine makes no more of them. */
const BUDGET = 15_000;

/** Measures `engines` on a workload, `steps` timed steps at most. */
export async function measure(
  workload: string,
  engines: string[],
  steps: number,
  start: (engine: string) => Promise<Runner>,
): Promise<Figures[]> {
  const runs = await Promise.all(
    engines.map(async (engine) => ({
      engine,
      runner: await start(engine),
      reports: [] as StepReport[],
      error: null as string | null,
      spent: 0,
    })),
  );
  const ask = async (run: (typeof runs)[number], request: Request): Promise<Reply | null> => {
    const reply = await run.runner.ask(request);
    if (reply.type !== 'failed') return reply;
    run.error = reply.message;
    return null;
  };
  try {
    for (const run of runs) await ask(run, { type: 'prepare', engine: run.engine, workload });
    for (let index = 0; index < WARM_UP + steps; index++) {
      for (const run of runs) {
        const enough = index >= COMPARED && run.spent > BUDGET;
        if (run.error !== null || enough) continue;
        const reply = await ask(run, { type: 'step', index });
        if (reply?.type !== 'stepped') continue;
        run.reports.push(reply.report);
        run.spent += reply.report.ms;
      }
    }
  } finally {
    for (const { runner } of runs) await runner.stop();
  }
  return runs.map(({ engine, reports, error }) => {
    const timed = reports.slice(WARM_UP);
    const last = reports.at(-1);
    return {
      workload,
      engine,
      ms: quartiles(timed.map(({ ms }) => ms)),
      js_ms: quartiles(timed.map(({ js_ms }) => js_ms)).median,
      dispatches: last?.dispatches ?? 0,
      peak_bytes: last?.peak_bytes ?? 0,
      losses: reports.slice(0, COMPARED).map(({ loss }) => loss),
      ...(error === null ? {} : { error }),
    };
  });
}

/** Largest relative difference of two engines' losses, of those that both have. */
export function lossDifference(a: number[], b: number[]): number {
  return a.reduce((most, loss, i) => (i < b.length ? Math.max(most, Math.abs(loss - b[i]) / Math.abs(b[i])) : most), 0);
}
