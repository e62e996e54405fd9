/// <reference types="wicg-file-system-access" />
/** Files in a folder of this machine, written through the File System API, with errors that say what to do. */
import { isQuotaError } from '../../../base/errors';
import { DeliveryError } from '../../http/http';
import type { Folder } from './folder-run';

/** A folder that can be written to. */
export class WritableFolder implements Folder {
  readonly #handle: FileSystemDirectoryHandle;
  /** Folder that the user chose, as errors name it. */
  readonly #name: string;

  private constructor(handle: FileSystemDirectoryHandle, name: string) {
    this.#handle = handle;
    this.#name = name;
  }

  /** @throws DeliveryError `folder` where it may not be written to any more, or is gone */
  static async open(handle: FileSystemDirectoryHandle): Promise<WritableFolder> {
    const folder = new WritableFolder(handle, handle.name || 'of this page');
    if ((await handle.queryPermission({ mode: 'readwrite' })) !== 'granted') throw folder.#lost();
    // A folder that was deleted or moved keeps its permission.
    await folder.names();
    return folder;
  }

  names(): Promise<string[]> {
    return this.#attempt(async () => {
      const names: string[] = [];
      for await (const name of this.#handle.keys()) names.push(name);
      return names;
    });
  }

  folder(name: string): Promise<WritableFolder> {
    return this.#attempt(
      async () => new WritableFolder(await this.#handle.getDirectoryHandle(name, { create: true }), this.#name),
    );
  }

  read(name: string): Promise<File | null> {
    return this.#attempt(async () => {
      try {
        return await (await this.#handle.getFileHandle(name)).getFile();
      } catch (error) {
        if (error instanceof DOMException && error.name === 'NotFoundError') return null;
        throw error;
      }
    });
  }

  write(path: string, data: readonly (Blob | Uint8Array<ArrayBuffer>)[], keep = 0): Promise<void> {
    return this.#attempt(async () => {
      const parts = path.split('/');
      const name = parts.pop() ?? path;
      let directory = this.#handle;
      for (const part of parts) directory = await directory.getDirectoryHandle(part, { create: true });
      const file = await directory.getFileHandle(name, { create: true });
      // The browser writes to a copy, and puts it in place of the file when it is closed.
      const stream = await file.createWritable({ keepExistingData: keep > 0 });
      try {
        if (keep > 0) {
          await stream.truncate(keep);
          await stream.seek(keep);
        }
        for (const piece of data) await stream.write(piece);
        await stream.close();
      } catch (error) {
        // Fails where the stream has failed by itself; the first error tells why.
        await stream.abort().catch(() => undefined);
        throw error;
      }
    });
  }

  remove(name: string): Promise<void> {
    return this.#attempt(async () => {
      try {
        await this.#handle.removeEntry(name, { recursive: true });
      } catch (error) {
        if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
      }
    });
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isQuotaError(error)) {
        throw new DeliveryError(
          'quota',
          `There is no room left for the folder ${this.#name}. Free some space on its disk; what is missing is written then.`,
          { cause: error },
        );
      }
      if (error instanceof DOMException) throw this.#lost(error);
      throw error;
    }
  }

  #lost(cause?: DOMException): DeliveryError {
    const gone = cause?.name === 'NotFoundError';
    const refused = !cause || cause.name === 'NotAllowedError' || cause.name === 'SecurityError';
    const what = gone
      ? `The folder ${this.#name} is not where it was.`
      : refused
        ? `The browser does not let Lathe write to the folder ${this.#name} any more.`
        : `The folder ${this.#name} cannot be written to (${cause.message}).`;
    return new DeliveryError('folder', `${what} Choose the folder again under Settings, Tracking.`, { cause });
  }
}
