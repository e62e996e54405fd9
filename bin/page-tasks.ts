/**
 * What the command line has the page do. `perform` runs inside the page: it is sent there as text, so it uses nothing
 * from outside itself.
 */
import type { StudyFormat, Workbench } from '../src/app/api';
import type {} from '../src/app/driver';
import type { ExportFormat } from '../src/export/names';
import type { ModelRef } from '../src/store/schema';

/** Parts of the workbench. */
export type Noun = Exclude<keyof Workbench, 'subscribe'>;

/** Arguments of a command of the workbench. */
export type CommandArguments<N extends Noun, V extends keyof Workbench[N]> = Workbench[N][V] extends (
  ...args: infer A
) => unknown
  ? A
  : never;

/** One thing to do. Files were set on the page's inputs before. */
export type PageTask =
  | { task: 'call'; noun: Noun; verb: string; args: unknown[] }
  | { task: 'import_files' }
  | { task: 'import_bundle' }
  /** The predictions come as a download. */
  | { task: 'predict_files'; model: ModelRef }
  /** The file comes as a download; its name is returned. */
  | { task: 'export'; model: ModelRef; format: ExportFormat }
  | { task: 'export_study'; id: string; format: StudyFormat };

/** What came of it: an error is plain data, since thrown errors lose all but their message on the way. */
export type PageOutcome = { value: unknown } | { error: unknown };

/** Does `order` in the page. */
export async function perform(order: PageTask): Promise<PageOutcome> {
  try {
    const { lathe, latheFiles } = window;
    if (!lathe || !latheFiles) throw new Error('The page is not open to be driven.');
    let download: { name: string; blob: Blob } | null = null;
    let value: unknown;
    switch (order.task) {
      case 'call': {
        const part: Record<string, unknown> = { ...lathe[order.noun] };
        const command = part[order.verb] as ((...args: unknown[]) => unknown) | undefined;
        if (!command) throw new Error(`${order.noun}.${order.verb} is no command.`);
        value = await command(...order.args);
        break;
      }
      case 'import_files':
        value = await lathe.datasets.import(latheFiles.take());
        break;
      case 'import_bundle':
        value = await lathe.bundle.import(latheFiles.take()[0].file);
        break;
      case 'predict_files': {
        const result = await lathe.models.predictFiles(order.model, latheFiles.take());
        download = { name: 'predictions.json', blob: new Blob([JSON.stringify(result)]) };
        break;
      }
      case 'export':
        download = await lathe.bundle.export(order.model, order.format);
        value = download.name;
        break;
      case 'export_study':
        download = await lathe.studies.export(order.id, order.format);
        value = download.name;
    }
    if (download) {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(download.blob);
      link.download = download.name;
      link.click();
    }
    return { value };
  } catch (error) {
    return { error: error instanceof Error && 'toJSON' in error ? JSON.parse(JSON.stringify(error)) : String(error) };
  }
}
