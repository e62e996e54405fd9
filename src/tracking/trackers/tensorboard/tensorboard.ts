/**
 * TensorBoard: event files in a folder of this machine, written while a run trains. `tensorboard --logdir FOLDER` shows them,
 * and takes in what is new by itself.
 */
import * as v from 'valibot';
import { openDatabase } from '../../../store/database';
import { getFolder } from '../../../store/folders';
import { DeliveryError } from '../../http/http';
import type { Tracker } from '../../tracker';
import { WritableFolder } from './writable-folder';

const schema = v.strictObject({
  folder: v.pipe(v.string(), v.minLength(1)),
  /** What the folder is called, for people. */
  name: v.optional(v.string(), ''),
});

/** Settings: the id of a folder that the user chose. */
type TensorBoardOptions = v.InferOutput<typeof schema>;

/** @param findFolder the handle of a folder by its id; null: it is not known here */
export function tensorBoardTracker(
  findFolder: (id: string) => Promise<FileSystemDirectoryHandle | null>,
): Tracker<TensorBoardOptions> {
  return {
    kind: 'tensorboard',
    title: 'TensorBoard',
    schema,
    fields: [{ key: 'folder', label: 'Folder', placeholder: 'A folder for event files', required: true }],
    credentials: [],
    // Every batch is a file of its own, and TensorBoard looks for new ones every five seconds.
    limits: { points: 100_000, pause_ms: 5000 },
    fromConfig: () => null,
    origins: () => [],
    connect({ folder: id }) {
      const open = async (): Promise<WritableFolder> => {
        const handle = await findFolder(id);
        if (handle) return WritableFolder.open(handle);
        throw new DeliveryError(
          'folder',
          'The folder for TensorBoard is not known in this browser. Choose the folder again under Settings, Tracking.',
        );
      };
      return {
        async check() {
          const runs = await (await open()).names();
          return `The folder can be written to; there ${runs.length === 1 ? 'is one entry' : `are ${runs.length} entries`} in it.`;
        },
        async open(run, state) {
          const { openRun } = await import('./folder-run');
          return openRun(await open(), run, state);
        },
      };
    },
  };
}

/** The tracker, with the folders that this browser keeps. */
export const tensorboard = tensorBoardTracker(async (id) => {
  const database = await openDatabase();
  try {
    return (await getFolder(database, id))?.handle ?? null;
  } finally {
    database.close();
  }
});
