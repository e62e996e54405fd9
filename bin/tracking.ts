/** Runs that are sent to trackers, from the command line. */
import type * as v from 'valibot';
import type { RunConfig } from '../src/config/schema';
import type { Credential } from '../src/store/delivery';
import type { Arguments } from './arguments';
import type { Session } from './commands/command';
import type { DrivenPage } from './page';
import { deliveries, nothing, pendingByTracker } from './results';

/** Seconds that trackers get where the user does not say. */
const SYNC_SECONDS = 120;

/** What waits to be sent, by kind of tracker. */
export type Pending = v.InferOutput<typeof pendingByTracker>;

/**
 * Lets the page send to what a config names, with the keys of the environment: `MLFLOW_TRACKING_USERNAME` and
 * `MLFLOW_TRACKING_PASSWORD`, or `MLFLOW_TRACKING_TOKEN`; `WANDB_API_KEY`. Whoever gives a config file chose it.
 */
export async function trustTrackers(page: DrivenPage, config: RunConfig): Promise<void> {
  await page.call('tracking', 'trust', [config, credentials(process.env)], nothing);
}

function credentials(env: NodeJS.ProcessEnv): Partial<Record<string, Credential>> {
  const { MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD, MLFLOW_TRACKING_TOKEN, WANDB_API_KEY } = env;
  return {
    ...(MLFLOW_TRACKING_TOKEN && { mlflow: { scheme: 'bearer', token: MLFLOW_TRACKING_TOKEN } }),
    ...(MLFLOW_TRACKING_USERNAME && {
      mlflow: { scheme: 'basic', username: MLFLOW_TRACKING_USERNAME, password: MLFLOW_TRACKING_PASSWORD ?? '' },
    }),
    ...(WANDB_API_KEY && { wandb: { scheme: 'key', key: WANDB_API_KEY } }),
  };
}

/** Waits until trackers have all of a run (null: of everything in the profile), or time is up; says what waits still, and why. */
export async function deliver(
  page: DrivenPage,
  runId: string | null,
  args: Arguments,
  { terminal, interruption }: Pick<Session, 'terminal' | 'interruption'>,
): Promise<Pending> {
  const ms = (args.syncTimeout ?? SYNC_SECONDS) * 1000;
  const look = (timeout: number): Promise<Pending> =>
    page.call('tracking', 'settled', [runId, timeout], pendingByTracker);
  // Who presses Ctrl+C does not want to wait for anybody.
  const pending = await Promise.race([look(ms), interruption.cause.then(() => look(0))]);
  const waiting = Object.entries(pending).filter(([, one]) => one.pending > 0);
  if (waiting.length === 0) return pending;
  const rows = await page.call('tracking', 'deliveries', [], deliveries);
  for (const [kind, one] of waiting) {
    const error = rows.find((row) => row.destination.kind === kind && row.error !== null)?.error;
    const why = error ? ` ${error.message}` : '';
    terminal.note(`${kind}: ${one.pending} records wait to be sent.${why} Send them later with lathe sync.`);
  }
  return pending;
}
