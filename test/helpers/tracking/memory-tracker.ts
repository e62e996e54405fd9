/** A tracker whose server is a few maps in memory, and that fails where it is told to: before it takes a request, or after. */
import * as v from 'valibot';
import { DeliveryError } from '../../../src/tracking/http/http';
import type { Batch, Tracker, TrackedRun } from '../../../src/tracking/tracker';
import type { DeliveryErrorCode } from '../../../src/store/delivery';

/** What happens to a request. `lost`: it is carried out, and the answer is lost. */
export type Fate = 'well' | 'lost' | DeliveryErrorCode;

/** What arrived of one run. */
export interface ArrivedRun {
  points: Map<string, [step: number, value: number, time: number][]>;
  lines: string[];
  media: string[];
  files: Map<string, string>;
  updates: TrackedRun[];
  /** Numbers of batches as they were carried out. */
  batches: number[];
  beats: number;
}

/** The server. */
export class MemoryServer {
  readonly runs = new Map<string, ArrivedRun>();
  /** Decides over every request. */
  fate: (request: string) => Fate = () => 'well';
  stop = false;
  requests = 0;
  /** Points that it takes at once. */
  most = Infinity;

  /** Carries a request out, or fails as fate has it. */
  handle<T>(request: string, work: () => T): T {
    this.requests++;
    const fate = this.fate(request);
    if (fate !== 'well' && fate !== 'lost') throw new DeliveryError(fate, `It fails: ${fate}.`);
    const result = work();
    if (fate === 'lost') throw new DeliveryError('unreachable', 'The connection was cut.');
    return result;
  }

  run(id: string): ArrivedRun {
    const run = this.runs.get(id) ?? {
      points: new Map(),
      lines: [],
      media: [],
      files: new Map(),
      updates: [],
      batches: [],
      beats: 0,
    };
    this.runs.set(id, run);
    return run;
  }

  /** Takes a batch; one that is said to come again is taken only if it did not come before. */
  take(id: string, batch: Batch, again: boolean): void {
    const run = this.run(id);
    if (batch.points.reduce((sum, { steps }) => sum + steps.length, 0) > this.most) {
      throw new DeliveryError('too_large', 'Too many points.');
    }
    if (again && run.batches.includes(batch.number)) return;
    run.batches.push(batch.number);
    for (const { metric, steps, values, times } of batch.points) {
      const known = run.points.get(metric) ?? [];
      run.points.set(metric, [
        ...known,
        ...Array.from(steps, (step, i): [number, number, number] => [step, values[i], times[i]]),
      ]);
    }
    run.lines.push(...batch.lines.map(({ message }) => message));
    run.media.push(...batch.media.map(({ name, step }) => `${name} ${step}`));
  }
}

/** A tracker of this server. @param points Most points in a batch */
export function memoryTracker(server: MemoryServer, points = 1000): Tracker {
  return {
    kind: 'memory',
    title: 'Memory',
    schema: v.record(v.string(), v.string()),
    fields: [],
    credentials: [],
    limits: { points, pause_ms: 0 },
    fromConfig: () => null,
    origins: () => [],
    connect: () => ({
      check: async () => 'It is there.',
      open: async (run) => {
        server.handle('open', () => server.run(run.id));
        return {
          state: { opened: run.id },
          url: `memory:${run.id}`,
          send: async (batch, again) => {
            server.handle('send', () => server.take(run.id, batch, again));
            return { stop: server.stop };
          },
          upload: async (file) => {
            const text = await (await file.read()).text();
            server.handle('upload', () => server.run(run.id).files.set(file.path, text));
          },
          update: async (told) => server.handle('update', () => void server.run(run.id).updates.push(told)),
          beat: async () => {
            server.handle('beat', () => server.run(run.id).beats++);
            return { stop: server.stop };
          },
        };
      },
    }),
  };
}
