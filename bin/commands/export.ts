import { LatheError } from '../../src/base/errors';
import { EXPORT_FORMATS, type ExportFormat } from '../../src/export/names';
import { makeFolder } from '../arguments';
import { EXIT } from '../exit-codes';
import { findVersion, registeredModel } from '../open-model';
import { findRun } from '../runs';
import { withPage } from '../with-page';
import type { Command } from './command';

/** `lathe export RUN --format F --out DIR`: a run's best model, a registered one, or the run itself, as a file. */
export const exportModel: Command = {
  description:
    'Writes the model of a run, or models:/NAME@ALIAS, as a bundle or one part of it, or a run for TensorBoard',
  positionals: ['RUN'],
  options: ['format', 'out'],
  run(args, session) {
    const format = readFormat(args.format ?? 'bundle');
    const { out } = args;
    if (!out) throw new LatheError('usage', '--out is missing: the folder to write the file to.');
    makeFolder(out);
    const registered = registeredModel(args.positionals[0]);
    return withPage(args, session, async (page) => {
      if (registered) {
        const file = await page.exportModel(await findVersion(page, registered), format, out);
        await session.terminal.result(file, { model: args.positionals[0], format, file });
        return EXIT.done;
      }
      const run = await findRun(page, args.positionals[0]);
      const file = await page.exportModel({ run_id: run.id }, format, out);
      await session.terminal.result(file, { run_id: run.id, format, file });
      return EXIT.done;
    });
  },
};

function readFormat(name: string): ExportFormat {
  const format = EXPORT_FORMATS.find((known) => known === name);
  if (format) return format;
  throw new LatheError('usage', `--format is ${name}; this version of Lathe writes ${EXPORT_FORMATS.join(', ')}.`);
}
