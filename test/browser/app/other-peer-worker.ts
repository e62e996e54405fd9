/** A peer worker over a database of its own, named as the worker is: another browser. */
import { expose } from '../../../src/base/rpc';
import { createGroup } from '../../../src/peers/room/create-group';
import { createPeerWorker } from '../../../src/peers/room/peer-worker';
import { openDatabase } from '../../../src/store/database';

expose(createPeerWorker({ database: () => openDatabase({}, self.name), createGroup }));
