/** TensorBoard for the conformance suite: event files in a folder of the disk, read with TensorBoard's own readers. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRun } from '../../../../src/tracking/trackers/tensorboard/folder-run';
import { tensorBoardTracker } from '../../../../src/tracking/trackers/tensorboard/tensorboard';
import type { Tracker } from '../../../../src/tracking/tracker';
import { diskFolder } from '../disk-folder';
import { EventReader } from '../read-events';
import type { Arrived, Subject } from '../subject';

/** The tracker as it is, but for the folder: browsers alone have handles of folders. */
const tracker: Tracker<{ folder: string; name: string }> = {
  ...tensorBoardTracker(() => Promise.resolve(null)),
  connect: ({ folder }) => ({
    check: async () => `There are ${(await readdir(folder)).length} entries.`,
    open: (run, state) => openRun(diskFolder(folder), run, state),
  }),
};

/** How a session ended: `Status` in TensorBoard's hparams/api.proto. */
const STATUS: Record<number, string> = { 1: 'finished', 2: 'failed' };

/** The tracker `tensorboard`. */
export const tensorboardSubject: Subject = {
  name: 'TensorBoard',
  tracker,
  lacks: ['files', 'http', 'doubles'],
  async start() {
    const root = await mkdtemp(join(tmpdir(), 'lathe-tensorboard-'));
    const events = new EventReader();
    return {
      // Nothing is asked there.
      url: 'http://127.0.0.1:9',
      options: () => ({ folder: root, name: '' }),
      credential: null,
      async read(id): Promise<Arrived> {
        const folders = (await readdir(root)).filter((name) => name.endsWith(`-${id}`));
        if (folders.length !== 1) throw new Error(`${folders.length} folders are of ${id}; one was expected.`);
        const [{ scalars, start, end, texts }] = await events.read([join(root, folders[0])]);
        return {
          metrics: Object.fromEntries(
            Object.entries(scalars).map(([name, points]) => [
              name,
              points.map(([step, value]) => [step, Number(value)]),
            ]),
          ),
          params: Object.fromEntries(Object.entries(start.params).map(([name, value]) => [name, String(value)])),
          files: {},
          lines: (texts.log ?? []).flatMap(([, text]) => String(text).split('\n')),
          status: end ? (STATUS[end.status] ?? 'unknown') : 'running',
        };
      },
      kill: () => Promise.resolve(),
      restart: () => Promise.resolve(),
      async stop() {
        await events.close();
        await rm(root, { recursive: true, force: true });
      },
    };
  },
};
