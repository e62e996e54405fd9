/**
 * The peer worker of the product around a group that is watched: it tells of what it commits, and stands still in the middle
 * of the protocol where it is told to.
 */
import { expose } from '../../../../src/base/rpc';
import { createGroup } from '../../../../src/peers/room/create-group';
import { createPeerWorker } from '../../../../src/peers/room/peer-worker';
import type { GroupEngine, GroupOrder } from '../../../../src/peers/room/room';
import type { TrainerMessage } from '../../../../src/peers/trainer-port';
import { openDatabase } from '../../../../src/store/database';
import { Tripwire } from '../../../helpers/peers/tripwire';
import { CHANNEL, type Orders, type Report } from './protocol';

const channel = new BroadcastChannel(CHANNEL);
const report = (said: Report): void => channel.postMessage(said);

/** Tells the test, and blocks the thread: it stands exactly here until the process is killed. */
function standStill(seq: number): never {
  report({ type: 'stopped', seq });
  const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  for (;;) Atomics.wait(new Int32Array(buffer), 0, 0);
}

function watchedGroup(order: GroupOrder): GroupEngine {
  const wire = new Tripwire(standStill);
  let pace = 0;
  const held: TrainerMessage[] = [];
  const release = (): void => held.splice(0).forEach((message) => group.receive(message));
  channel.onmessage = ({ data }: MessageEvent<Orders>) => {
    wire.stop = data.stop;
    pace = data.pace;
    if (pace === 0) release();
  };
  report({ type: 'begun' });
  const group = createGroup({
    ...order,
    post: (message, transfer) => {
      if (message.type === 'committed') {
        const { seq, committed } = message;
        const now = group.status();
        const hash = now.committed === seq + 1 ? now.parameters_hash : null;
        report({ type: 'committed', seq, at: Date.now(), partials: committed.partials, hash });
      }
      order.post(message, transfer);
    },
  });
  return {
    addLink: (id, hello, link) => group.addLink(id, hello, wire.around(link)),
    found: () => group.found(),
    join: () => group.join(),
    receive: (message) => {
      if (message.type === 'enter' && pace > 0) {
        held.push(message);
        setTimeout(release, pace * message.seq);
      } else group.receive(message);
    },
    trainerGone: () => group.trainerGone(),
    countDrop: (reason) => group.countDrop(reason),
    status: () => group.status(),
    leave: (reason) => group.leave(reason),
  };
}

expose(createPeerWorker({ database: () => openDatabase(), createGroup: watchedGroup }));
