import { LatheError } from '../../src/base/errors';
import { EXPORT_FORMATS, type ExportFormat } from '../../src/export/names';
import { makeFolder } from '../arguments';
import { EXIT } from '../exit-codes';
import { findRun } from '../runs';
import { withPage } from '../with-page';
import type { Command } from './command';

/** `lathe export RUN --format F --out DIR`: a run's best model as a file. */
export const exportModel: Command = {
  description: 'Writes the model of a run as a bundle, or as one part of it',
  positionals: ['RUN'],
  options: ['format', 'out'],
  run(args, session) {
    const format = readFormat(args.format ?? 'bundle');
    const { out } = args;
    if (!out) throw new LatheError('usage', '--out is missing: the folder to write the file to.');
    makeFolder(out);
    return withPage(args, session, async (page) => {
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
