/** The peer worker: `PeerApi` over the database. One room, its links, and the group that trains there. */
import { expose } from '../src/base/rpc';
import { createGroup } from '../src/peers/room/create-group';
import { createPeerWorker } from '../src/peers/room/peer-worker';
import { openDatabase } from '../src/store/database';

expose(createPeerWorker({ database: () => openDatabase(), createGroup }));
