/** A trainer in a worker of its own, that trains a run of a group: on a backend, and over synthetic data. */
import { expose } from '../../../../src/base/rpc';
import type { StreamLimits } from '../../../../src/data/streaming/streamed-data';
import { openDatabase } from '../../../../src/store/database';
import { readMetrics } from '../../../../src/store/metrics';
import type { BackendInfo } from '../../../../src/store/schema';
import type { LeaveOrder, TrainerApi } from '../../../../src/training/protocol';
import { sit, syntheticData } from '../../training/fixture';

/** What a run left at one peer. */
export interface PeerResult {
  status: string;
  reason: string | null;
  steps: number;
  weights: string | null;
  /** Points of every metric, `[step, value]`. */
  curves: Record<string, [number, number][]>;
  metrics: unknown;
  /** What the run's row names as its best checkpoint. */
  best: string | null;
}

let trainer: TrainerApi | null = null;

const api = {
  async train(
    stored: { database: string; run: string },
    backend: BackendInfo['backend'],
    port: MessagePort,
    data: Parameters<typeof syntheticData>[0],
    streamed: { port: MessagePort; limits?: StreamLimits } | null,
  ): Promise<PeerResult> {
    trainer = null;
    const database = await openDatabase({}, stored.database);
    const { row } = await sit(database, stored.run, syntheticData(data), {
      backends: [backend],
      collective: port,
      ...(streamed && { examples: streamed.port, limits: streamed.limits }),
      during: (_event, api) => (trainer = api),
    });
    const series = await readMetrics(database, stored.run);
    return {
      status: row.status,
      reason: row.reason,
      steps: row.step,
      weights: row.weights_sha256,
      curves: Object.fromEntries(
        series.map(({ metric, steps, values }) => [metric, [...steps].map((step, i) => [step, values[i]])]),
      ),
      metrics: row.metrics,
      best: row.best_checkpoint,
    };
  },
  async leave(order: LeaveOrder): Promise<void> {
    await trainer?.leave(order);
  },
};

/** What the test calls. */
export type TrainerWorkerApi = typeof api;

expose(api);
