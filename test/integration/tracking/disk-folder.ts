/** A folder of the disk behind the interface that the tracker for TensorBoard writes to. */
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Folder } from '../../../src/tracking/trackers/tensorboard/folder-run';

/** A folder of the disk, in which a write puts a new file in the place of the old one, as browsers do. */
export function diskFolder(path: string): Folder {
  return {
    names: () => readdir(path),
    async folder(name) {
      await mkdir(join(path, name), { recursive: true });
      return diskFolder(join(path, name));
    },
    read: async (name) => {
      const found = await stat(join(path, name)).catch(() => null);
      return found && new File([await readFile(join(path, name))], name, { lastModified: found.mtimeMs });
    },
    async write(name, data, keep = 0) {
      const target = join(path, name);
      await mkdir(dirname(target), { recursive: true });
      const before = keep > 0 ? (await readFile(target)).subarray(0, keep) : new Uint8Array();
      const file = await open(`${target}.swap`, 'w');
      for (const piece of [before, ...data]) {
        await file.write(piece instanceof Blob ? new Uint8Array(await piece.arrayBuffer()) : piece);
      }
      await file.close();
      await rename(`${target}.swap`, target);
    },
    remove: (name) => rm(join(path, name), { recursive: true, force: true }),
  };
}
