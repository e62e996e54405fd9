import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import * as v from 'valibot';
import { LatheError } from '../../src/base/errors';
import { parseConfig } from '../../src/config/parse';
import { modelUri } from '../../src/config/registered-models';
import type { RunConfig } from '../../src/config/schema';
import { makeFolder, type Arguments } from '../arguments';
import { readConfig } from '../config';
import { EXIT } from '../exit-codes';
import { provideDataset } from '../dataset';
import type { DrivenPage } from '../page';
import { formatDuration } from '../progress-bar';
import {
  checkpoints,
  hostedRun,
  modelVersions,
  nothing,
  registeredModels,
  roomStatus,
  runResult,
  runRow,
} from '../results';
import { deliver, trustTrackers } from '../tracking';
import { withOpenPage } from '../with-page';
import type { Command, Session } from './command';
import { judgeStudy, search } from './sweep';

/** `lathe train CONFIG.yaml --data PATH`: trains a run, or goes on with the unfinished one of the same config and data. */
export const train: Command = {
  description: 'Trains a model as a config says',
  positionals: ['CONFIG.yaml'],
  options: ['data', 'set', 'out', 'fresh', 'signal', 'sync-timeout'],
  run(args, session) {
    const config = readConfig(args);
    if (args.out) makeFolder(args.out);
    return withOpenPage(args, session, (page) => trainOn(page, config, args, session));
  },
};

async function trainOn(page: DrivenPage, asked: RunConfig, args: Arguments, session: Session): Promise<number> {
  const { terminal, interruption } = session;
  const datasetId = await interruption.orEnd(provideDataset(page, asked, args.data, (line) => terminal.note(line)));
  const config = asked.optimization.hyperparameter_search.enabled
    ? await bestConfig(page, asked, datasetId, args, session)
    : asked;
  if (!config) return EXIT.interrupted;

  await trustTrackers(page, config);
  const unfinished = args.fresh
    ? null
    : await page.call('runs', 'findUnfinished', [config, datasetId], v.nullable(runRow));
  const together = config.training.distributed.enabled;
  if (together) await page.call('peers', 'configure', [{ signalling: args.signal ?? page.signalling }], v.unknown());
  const run =
    unfinished ??
    (together
      ? (await page.call('peers', 'host', [config, datasetId], hostedRun)).run
      : await page.call('runs', 'start', [config, datasetId], runRow));
  if (unfinished) await page.call('runs', 'resume', [run.id], nothing);
  if (together) await tellRoom(page, run.id, session);
  const code = await waitForRun(page, run.id, args, session);
  if (code === EXIT.done) await tellVersion(page, config, run.id, session);
  return code;
}

/** Says as what the model was registered in the profile, where the config asks for that. */
async function tellVersion(
  page: DrivenPage,
  { registry }: RunConfig,
  runId: string,
  { terminal }: Session,
): Promise<void> {
  const { tracking_uri, model_name: model } = registry.mlflow;
  if (tracking_uri !== 'local' || model === null) return;
  const models = await page.call('registry', 'models', ['local'], registeredModels);
  const versions = models.some(({ name }) => name === model)
    ? await page.call('registry', 'versions', ['local', model], modelVersions)
    : [];
  const made = versions.find(({ run_id }) => run_id === runId);
  terminal.note(
    made
      ? `The model is registered as ${modelUri(model, made.version)}.`
      : `The model is not registered under ${model}: the log of the run ${runId} says why.`,
  );
}

/** Says how others join: the link lets anybody in who has it. */
async function tellRoom(page: DrivenPage, runId: string, { terminal }: Session): Promise<void> {
  const room = await page.call('peers', 'room', [runId], v.nullable(roomStatus));
  if (room) terminal.room(room);
}

/** Waits until a run ends or is to be interrupted; prints what came of it, and returns the exit code. */
export async function waitForRun(
  page: DrivenPage,
  runId: string,
  args: Arguments,
  { terminal, interruption }: Session,
): Promise<number> {
  const waiting = page.call('runs', 'wait', [runId], runResult);
  const cause = await Promise.race([waiting.then(() => null), interruption.cause]);
  if (cause) {
    terminal.note(cause === 'signal' ? 'Interrupted: writing a checkpoint…' : 'Out of time: writing a checkpoint…');
    // The run may end by itself at this very moment: then there is nothing left to pause.
    await Promise.race([page.call('runs', 'pause', [runId], nothing).catch(() => undefined), waiting]);
  }
  const result = await waiting;

  const files = await writeOutputs(page, result, args.out);
  const tracking = await deliver(page, runId, args, { terminal, interruption });
  const { reason, ...printed } = result;
  await terminal.result(asText(result, files), { ...printed, tracking, reason, ...files });
  if (cause && (result.status === 'paused' || result.status === 'running')) {
    terminal.note(`The run ${result.run_id} is paused at step ${result.steps}. Give the same command again to go on.`);
    return EXIT.interrupted;
  }
  return judge(result);
}

/** The config that a search finds best; null when it was interrupted. */
async function bestConfig(
  page: DrivenPage,
  config: RunConfig,
  datasetId: string,
  args: Arguments,
  session: Session,
): Promise<RunConfig | null> {
  const { result, interrupted } = await search(page, config, datasetId, args, session);
  const { study } = result;
  if (interrupted) {
    session.terminal.note(`The study ${study.name} is paused. Give the same command again to go on.`);
    return null;
  }
  judgeStudy(result);
  if (!study.best) {
    throw new LatheError(
      'config',
      `optimization.hyperparameter_search.objectives: the study ${study.name} has no single best trial. Run lathe sweep, and choose one.`,
      { key: 'optimization.hyperparameter_search.objectives' },
    );
  }
  const { number, params } = study.best;
  const settings = Object.entries(params).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  session.terminal.note(
    `Training with the best of ${result.trials.length} trials, trial ${number}: ${settings.join(' ')}`,
  );
  return parseConfig(await page.call('studies', 'trialConfig', [study.id, number], v.unknown()));
}

type Result = v.InferOutput<typeof runResult>;

interface Files {
  /** Absolute paths; null without `--out`, or where the run has no such thing. */
  checkpoint: string | null;
  bundle: string | null;
}

/** Writes the best checkpoint, the bundle and the metrics of a run that ended well. */
async function writeOutputs(page: DrivenPage, result: Result, out: string | null): Promise<Files> {
  const ended = result.status === 'finished' || result.status === 'stopped';
  if (!out || !ended) return { checkpoint: null, bundle: null };
  const model = { run_id: result.run_id };
  const run = await page.call('runs', 'get', [result.run_id], runRow);
  const kept = await page.call('runs', 'checkpoints', [result.run_id], checkpoints);
  const step = kept.find(({ id }) => id === run.best_checkpoint)?.step ?? result.steps;
  const checkpoint = await page.exportModel(model, 'safetensors', out, `checkpoint-${step}.safetensors`);
  const bundle = await page.exportModel(model, 'bundle', out);
  writeFileSync(join(out, 'metrics.json'), metricsOf(bundle));
  return { checkpoint, bundle };
}

/** `metrics.json` of a bundle, so that scripts need no ZIP reader. */
function metricsOf(bundle: string): string {
  const NAME = 'metrics.json';
  const files = unzipSync(readFileSync(bundle), { filter: ({ name }) => name === NAME || name.endsWith(`/${NAME}`) });
  const [content] = Object.values(files);
  if (!content) throw new LatheError('internal', `The bundle ${bundle} holds no ${NAME}.`);
  return strFromU8(content);
}

/** Exit code of a run that ended well. @throws LatheError for one that did not */
function judge(result: Result): number {
  switch (result.status) {
    case 'finished':
    case 'stopped':
      return EXIT.done;
    case 'diverged':
      throw new LatheError('diverged', result.reason ?? `The run ${result.run_id} diverged at step ${result.steps}.`);
    case 'running':
    case 'paused':
      throw new LatheError('storage', result.reason ?? `The run ${result.run_id} paused at step ${result.steps}.`);
    case 'failed':
    case 'pruned':
    case 'cancelled':
      throw new LatheError('training', result.reason ?? `The run ${result.run_id} was ${result.status}.`);
  }
}

function asText(result: Result, files: Files): string {
  const lines = [
    `Run ${result.run_id}: ${result.status} after ${result.epochs} epochs, ${result.steps} steps, ${formatDuration(result.seconds)}.`,
  ];
  for (const [split, metrics] of Object.entries(result.metrics ?? {})) {
    const values = Object.entries(metrics).map(([name, value]) => `${name} ${value?.toPrecision(4) ?? '–'}`);
    if (values.length > 0) lines.push(`${split.padEnd(6)} ${values.join('  ')}`);
  }
  if (files.checkpoint) lines.push(`checkpoint  ${files.checkpoint}`);
  if (files.bundle) lines.push(`bundle      ${files.bundle}`);
  return lines.join('\n');
}
