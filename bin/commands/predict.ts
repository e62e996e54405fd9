import { existsSync } from 'node:fs';
import { LatheError } from '../../src/base/errors';
import type { ModelRef } from '../../src/store/schema';
import { statArgument, userPath } from '../arguments';
import { EXIT } from '../exit-codes';
import type { DrivenPage } from '../page';
import { nothing } from '../results';
import { findRun } from '../runs';
import { table } from '../table';
import { withPage } from '../with-page';
import type { Command } from './command';

/** `lathe predict BUNDLE --data PATH`: what a model says about examples, and how right it is where they have labels. */
export const predict: Command = {
  description: 'Predicts examples with a bundle, or with a run of the profile',
  positionals: ['BUNDLE'],
  options: ['data'],
  run(args, session) {
    const { data } = args;
    if (!data) throw new LatheError('usage', '--data is missing: a file or folder with the examples to predict.');
    statArgument('--data', data);
    const [model] = args.positionals;
    const bundle = existsSync(userPath(model)) ? userPath(model) : null;
    if (!bundle && /[./\\]/.test(model)) statArgument('BUNDLE', userPath(model));

    return withPage(args, session, async (page) => {
      const opened = bundle ? await openBundle(page, bundle) : await openRun(page, model);
      try {
        const result = await page.predictFiles(opened.model, data);
        for (const notice of result.notices) session.terminal.note(notice.message);
        const { n, predictions, metrics } = result;
        await session.terminal.result(asText(result), { n, predictions, metrics });
        return EXIT.done;
      } finally {
        await opened.done();
      }
    });
  },
};

interface Opened {
  model: ModelRef;
  done(): Promise<unknown>;
}

async function openBundle(page: DrivenPage, path: string): Promise<Opened> {
  const { id } = await page.importBundle(path);
  // The profile keeps runs; a bundle stays the file it is. A browser that died takes care of itself.
  return {
    model: { model_id: id },
    done: () => page.call('models', 'remove', [id], nothing).catch(() => undefined),
  };
}

async function openRun(page: DrivenPage, name: string): Promise<Opened> {
  const { id } = await findRun(page, name);
  return { model: { run_id: id }, done: () => Promise.resolve() };
}

type Result = Awaited<ReturnType<DrivenPage['predictFiles']>>;

function asText({ n, predictions, metrics }: Result): string {
  const rows = predictions.map((prediction) => [
    prediction.name,
    prediction.label ?? numbers(prediction.values ?? {}),
    confidence(prediction),
    typeof prediction.actual === 'object' ? numbers(prediction.actual ?? {}) : (prediction.actual ?? ''),
  ]);
  const scores = metrics ? `\n${numbers(metrics)}` : '';
  return `${table(['example', 'prediction', 'confidence', 'actual'], rows)}\n${n} examples${scores}`;
}

function confidence({ label, probabilities }: Result['predictions'][number]): string {
  const share = label === undefined ? undefined : probabilities?.[label];
  return share === undefined ? '' : `${(share * 100).toFixed(1)}%`;
}

const numbers = (values: Record<string, number | null>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value === null ? '–' : value.toPrecision(4)}`)
    .join('  ');
