import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { LatheError } from '../../src/base/errors';
import { parseConfig } from '../../src/config/parse';
import type { RunConfig } from '../../src/config/schema';
import { makeFolder, type Arguments } from '../arguments';
import { readConfig } from '../config';
import { provideDataset } from '../dataset';
import { EXIT } from '../exit-codes';
import type { DrivenPage } from '../page';
import { formatDuration } from '../progress-bar';
import { nothing, studyCrew, studyResult, studyRow } from '../results';
import { formatScore } from '../terminal';
import { deliver, trustTrackers } from '../tracking';
import { withOpenPage } from '../with-page';
import type { Command, Session } from './command';

/** `lathe sweep CONFIG.yaml --data PATH`: searches for better settings, or goes on with the unfinished study of the same config and data. */
export const sweep: Command = {
  description: 'Searches for better settings, as a config says under optimization.hyperparameter_search',
  positionals: ['CONFIG.yaml'],
  options: ['data', 'set', 'out', 'fresh', 'signal', 'sync-timeout'],
  run(args, session) {
    // The command itself asks for the search.
    const config = readConfig(args, [{ key: 'optimization.hyperparameter_search.enabled', value: true }]);
    if (args.out) makeFolder(args.out);
    return withOpenPage(args, session, (page) => searchOn(page, config, args, session));
  },
};

async function searchOn(page: DrivenPage, config: RunConfig, args: Arguments, session: Session): Promise<number> {
  const { terminal, interruption } = session;
  const datasetId = await interruption.orEnd(provideDataset(page, config, args.data, (line) => terminal.note(line)));
  await trustTrackers(page, config);
  const { result, interrupted } = await search(page, config, datasetId, args, session);
  const tracking = await deliver(page, null, args, session);
  const files = await writeOutputs(page, result, args.out);
  await terminal.result(asText(result, config, files), { ...asJson(result, config), tracking, ...files });
  if (interrupted) {
    terminal.note(`The study ${result.study.name} is paused. Give the same command again to go on.`);
    return EXIT.interrupted;
  }
  judgeStudy(result);
  return EXIT.done;
}

/**
 * Runs the study of `config`, or goes on with the unfinished one, until it ends or is interrupted: then it is paused.
 */
export async function search(
  page: DrivenPage,
  config: RunConfig,
  datasetId: string,
  args: Arguments,
  { terminal, interruption }: Session,
): Promise<{ result: Result; interrupted: boolean }> {
  const shared = config.training.distributed.enabled;
  if (shared) await page.call('peers', 'configure', [{ signalling: args.signal ?? page.signalling }], v.unknown());
  const unfinished = args.fresh
    ? null
    : await page.call('studies', 'findUnfinished', [config, datasetId], v.nullable(studyRow));
  const study = unfinished ?? (await page.call('studies', 'start', [config, datasetId], studyRow));
  if (unfinished) {
    const { counts } = unfinished;
    terminal.note(
      `Going on with the study ${study.name}: ${counts.complete + counts.pruned + counts.failed} trials are done.`,
    );
    await page.call('studies', 'resume', [study.id], nothing);
  }
  if (shared) {
    const crew = await page.call('peers', 'crew', [study.id], v.nullable(studyCrew));
    if (crew) terminal.room(crew.room);
  }

  const waiting = page.call('studies', 'wait', [study.id], studyResult);
  const cause = await Promise.race([waiting.then(() => null), interruption.cause]);
  if (cause) {
    terminal.note(cause === 'signal' ? 'Interrupted: writing a checkpoint…' : 'Out of time: writing a checkpoint…');
    // The study may end by itself at this very moment: then there is nothing left to pause.
    await Promise.race([page.call('studies', 'pause', [study.id], nothing).catch(() => undefined), waiting]);
  }
  const result = await waiting;
  const { status } = result.study;
  return { result, interrupted: cause !== null && (status === 'paused' || status === 'running') };
}

/** What a study came to. */
type Result = v.InferOutput<typeof studyResult>;

interface Files {
  /** Absolute paths; null without `--out`, or where the study has no such thing. */
  best_config: string | null;
  journal: string | null;
  csv: string | null;
  report: string | null;
  bundle: string | null;
}

/** Writes the study as an Optuna journal, a table and a report, and its best trial as a config and a bundle. */
async function writeOutputs(page: DrivenPage, { study, trials }: Result, out: string | null): Promise<Files> {
  const files: Files = { best_config: null, journal: null, csv: null, report: null, bundle: null };
  if (!out) return files;
  files.journal = await page.exportStudy(study.id, 'optuna', out, 'study.journal.log');
  files.csv = await page.exportStudy(study.id, 'csv', out, 'trials.csv');
  files.report = await page.exportStudy(study.id, 'html', out, 'report.html');
  if (!study.best) return files;
  const { number } = study.best;
  const config = await page.call('studies', 'trialConfig', [study.id, number], v.unknown());
  files.best_config = join(out, 'best.yaml');
  writeFileSync(files.best_config, await page.call('configs', 'toYaml', [parseConfig(config)], v.string()));
  const [run, ...folds] = trials[number].run_ids;
  if (run && folds.length === 0) files.bundle = await page.exportModel({ run_id: run }, 'bundle', out);
  return files;
}

function asJson({ study, trials, front, reason }: Result, config: RunConfig): object {
  const { sampler, pruner } = config.optimization.hyperparameter_search;
  const { id, counts, best, ...rest } = study;
  return {
    study_id: id,
    name: rest.name,
    status: rest.status,
    reason: reason ?? rest.reason,
    sampler: sampler.name,
    pruner: pruner.name,
    objectives: rest.objectives,
    n_trials: trials.length,
    n_complete: counts.complete,
    n_pruned: counts.pruned,
    n_failed: counts.failed,
    steps: rest.steps,
    seconds: rest.seconds,
    best: best && { ...best, run_ids: trials[best.number].run_ids },
    front,
    trials,
  };
}

/** @throws LatheError for a study that did not end well, or found nothing */
export function judgeStudy({ study, reason }: Result): void {
  const why = reason ?? study.reason ?? `The study ${study.name} is ${study.status}.`;
  switch (study.status) {
    case 'finished':
    case 'stopped':
      if (study.counts.complete > 0) return;
      throw new LatheError('training', `No trial of the study ${study.name} was completed. ${why}`);
    case 'running':
    case 'paused':
      throw new LatheError('storage', why);
    case 'failed':
      throw new LatheError('training', why);
  }
}

function asText({ study, trials, front }: Result, config: RunConfig, files: Files): string {
  const { counts, objectives, best } = study;
  const { sampler, pruner } = config.optimization.hyperparameter_search;
  const lines = [
    `Study ${study.name}: ${study.status} after ${trials.length} trials (${counts.complete} complete, ${counts.pruned} pruned, ${counts.failed} failed), ` +
      `${study.steps} steps, ${formatDuration(study.seconds)}; sampler ${sampler.name}, pruner ${pruner.name}.`,
  ];
  const shown = best ? [best.number] : front;
  for (const number of shown) {
    const { values, params } = trials[number];
    const scores = objectives.map(({ metric }, i) => `${metric} ${formatScore(values?.[i])}`);
    lines.push(`${best ? 'Best is' : 'Not beaten is'} trial ${number}: ${scores.join('  ')}`);
    for (const [key, value] of Object.entries(params)) lines.push(`  ${key}: ${JSON.stringify(value)}`);
  }
  for (const [name, path] of Object.entries(files)) if (path) lines.push(`${name.padEnd(11)} ${path}`);
  return lines.join('\n');
}
