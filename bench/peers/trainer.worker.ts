/** The trainer of a benchmark: the product's updates without the rest of its loop, or waiting. Serves run after run. */
import { LatheError } from '../../src/base/errors';
import { startTraining } from './train';
import type { PeerTask, TrainerNews } from './protocol';

const tell = (news: TrainerNews): void => postMessage(news);

addEventListener('message', ({ data: { task, port } }: MessageEvent<{ task: PeerTask; port: MessagePort }>) => {
  startTraining(task, port).then(
    () => tell({ type: 'done' }),
    (thrown: unknown) => tell({ type: 'failed', message: LatheError.from(thrown).message }),
  );
});
