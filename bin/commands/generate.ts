import { EXIT } from '../exit-codes';
import { namedModel, withModel } from '../open-model';
import { generatedText } from '../results';
import { withPage } from '../with-page';
import type { Command } from './command';

/** Characters that are written where `--length` does not say. */
const LENGTH = 500;

/** `lathe generate BUNDLE --prompt TEXT`: what a language model writes, the same again for the same seed. */
export const generate: Command = {
  description: 'Writes text with a language model: a bundle, a run of the profile, or models:/NAME@ALIAS',
  positionals: ['BUNDLE'],
  options: ['prompt', 'length', 'temperature', 'seed'],
  run(args, session) {
    const named = namedModel(args.positionals[0]);
    const settings = {
      prompt: args.prompt ?? '',
      length: args.length ?? LENGTH,
      temperature: args.temperature ?? 0.8,
      seed: args.seed ?? 1,
    };
    return withPage(args, session, (page) =>
      withModel(page, named, async (model) => {
        const { text, unknown } = await page.call('models', 'generate', [model, settings], generatedText);
        if (unknown.length > 0) {
          session.terminal.note(`The model does not know ${unknown.map((one) => JSON.stringify(one)).join(' ')}.`);
        }
        await session.terminal.result(`${settings.prompt}${text}`, { ...settings, text, unknown });
        return EXIT.done;
      }),
    );
  },
};
