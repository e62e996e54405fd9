/**
 * How the command line and tests drive the page: `window.lathe` is the workbench, and files come in through two hidden
 * inputs, so that the browser reads them by path and nothing is copied through the debugging protocol.
 */
import type { ImportFile, Workbench } from './api';

/** Files given to the hidden inputs. */
export interface FileDrop {
  /** The files set on the inputs since the last call, with their paths. */
  take(): ImportFile[];
}

declare global {
  interface Window {
    lathe?: Workbench;
    latheFiles?: FileDrop;
  }
}

/** Whether the page was opened to be driven: `/?driven`. */
export const isDriven = (): boolean => new URLSearchParams(location.search).has('driven');

/** Exposes the workbench, and, when driven, the inputs `#lathe-files` (several files) and `#lathe-folder` (a folder). */
export function exposeWorkbench(workbench: Workbench): void {
  window.lathe = workbench;
  if (!isDriven()) return;
  const inputs = (['files', 'folder'] as const).map((kind) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.id = `lathe-${kind}`;
    input.hidden = true;
    input.multiple = true;
    input.webkitdirectory = kind === 'folder';
    document.body.append(input);
    return input;
  });
  window.latheFiles = {
    take() {
      const taken = inputs.flatMap((input) => [...(input.files ?? [])]);
      for (const input of inputs) input.value = '';
      return taken.map((file) => ({ path: file.webkitRelativePath || file.name, file }));
    },
  };
}
