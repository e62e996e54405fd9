/// <reference types="wicg-file-system-access" />
/** Asking the user for a folder that runs are written to. */
import { LatheError } from '../base/errors';
import type { Database } from '../store/database';
import { keepFolder } from '../store/folders';

/**
 * Opens the picker for a folder, asks whether it may be written to, and keeps it. Choosing a folder again gives the same id:
 * so a permission is renewed that the browser has forgotten. Needs a click of the user.
 * @returns null where the user closed the picker, or said no
 * @throws LatheError of kind `usage` where this browser has no such picker, `storage` where it cannot be kept
 */
export async function chooseFolder(database: Database): Promise<{ id: string; name: string } | null> {
  if (!('showDirectoryPicker' in window)) {
    throw new LatheError(
      'usage',
      'This browser cannot write to a folder. Use Chrome or Edge, or export the run as TensorBoard files.',
    );
  }
  let handle: FileSystemDirectoryHandle;
  try {
    handle = await window.showDirectoryPicker({ id: 'lathe-runs', mode: 'readwrite' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    throw error;
  }
  if ((await handle.requestPermission({ mode: 'readwrite' })) !== 'granted') return null;
  const { id, name } = await keepFolder(database, handle);
  return { id, name };
}
