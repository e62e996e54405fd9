import * as v from 'valibot';
import { EXIT } from '../exit-codes';
import { withPage } from '../with-page';
import { runRow, type RunSummary } from '../results';
import { table } from '../table';
import type { Command } from './command';

/** `lathe runs`: the runs of a profile, newest first. */
export const runs: Command = {
  description: 'Lists the runs of the profile',
  positionals: [],
  options: [],
  run: (args, session) =>
    withPage(args, session, async (page) => {
      const rows = await page.call('runs', 'list', [], v.array(runRow));
      rows.sort((a, b) => b.created - a.created);
      const text =
        rows.length > 0 ? table(HEAD, rows.map(cells)) : 'No runs in this profile yet. Start one with lathe train.';
      await session.terminal.result(text, rows.map(summary));
      return EXIT.done;
    }),
};

const HEAD = ['id', 'name', 'status', 'data', 'model', 'epoch', 'step', 'test', 'started'];

function cells(run: RunSummary): string[] {
  return [
    run.id,
    run.name,
    run.status,
    run.dataset_name,
    run.config.model.architecture,
    String(run.epoch),
    run.total_steps === null ? String(run.step) : `${run.step}/${run.total_steps}`,
    score(run),
    new Date(run.created).toISOString().slice(0, 16).replace('T', ' '),
  ];
}

/** The one number that says most about a run. */
function score({ metrics }: RunSummary): string {
  for (const name of ['accuracy', 'r2', 'loss']) {
    const value = metrics?.test[name] ?? metrics?.val[name];
    if (typeof value === 'number') return `${name} ${value.toPrecision(4)}`;
  }
  return '';
}

function summary(run: RunSummary): object {
  return {
    run_id: run.id,
    name: run.name,
    status: run.status,
    reason: run.reason,
    dataset: run.dataset_name,
    architecture: run.config.model.architecture,
    created: new Date(run.created).toISOString(),
    epochs: run.epoch,
    steps: run.step,
    total_steps: run.total_steps,
    seconds: run.seconds,
    metrics: run.metrics,
    best: run.best,
    weights_sha256: run.weights_sha256,
    tags: run.tags,
  };
}
