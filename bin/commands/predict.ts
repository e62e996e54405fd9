import { LatheError } from '../../src/base/errors';
import { statArgument } from '../arguments';
import { EXIT } from '../exit-codes';
import { namedModel, withModel } from '../open-model';
import type { DrivenPage } from '../page';
import { table } from '../table';
import { withPage } from '../with-page';
import type { Command } from './command';

/** `lathe predict BUNDLE --data PATH`: what a model says about examples, and how right it is where they have labels. */
export const predict: Command = {
  description: 'Predicts examples with a bundle, a run of the profile, or a registered model: models:/NAME@ALIAS',
  positionals: ['BUNDLE'],
  options: ['data'],
  run(args, session) {
    const { data } = args;
    if (!data) throw new LatheError('usage', '--data is missing: a file or folder with the examples to predict.');
    statArgument('--data', data);
    const named = namedModel(args.positionals[0]);
    return withPage(args, session, (page) =>
      withModel(page, named, async (model) => {
        const result = await page.predictFiles(model, data);
        for (const notice of result.notices) session.terminal.note(notice.message);
        const { n, predictions, metrics } = result;
        await session.terminal.result(asText(result), { n, predictions, metrics });
        return EXIT.done;
      }),
    );
  },
};

type Result = Awaited<ReturnType<DrivenPage['predictFiles']>>;

function asText({ n, predictions, metrics }: Result): string {
  const rows = predictions.map((prediction) => [
    prediction.name,
    visible(prediction.label) ?? numbers(prediction.values ?? {}),
    confidence(prediction),
    typeof prediction.actual === 'object' ? numbers(prediction.actual ?? {}) : (visible(prediction.actual) ?? ''),
  ]);
  const scores = metrics ? `\n${numbers(metrics)}` : '';
  return `${table(['example', 'prediction', 'confidence', 'actual'], rows)}\n${n} examples${scores}`;
}

/** A label of white space, as a language model predicts, in quotation marks and with escapes. */
const visible = (label: string | undefined): string | undefined =>
  label?.trim() === '' ? JSON.stringify(label) : label;

function confidence({ label, probabilities }: Result['predictions'][number]): string {
  const share = label === undefined ? undefined : probabilities?.[label];
  return share === undefined ? '' : `${(share * 100).toFixed(1)}%`;
}

const numbers = (values: Record<string, number | null>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value === null ? '–' : value.toPrecision(4)}`)
    .join('  ');
