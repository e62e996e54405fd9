/** Peers in one page: trainers in workers of their own, and their groups over a network in memory. */
import { connect, transfer } from '../../../../src/base/rpc';
import { exampleHolder } from '../../../../src/data/streaming/holder';
import type { StreamLimits } from '../../../../src/data/streaming/streamed-data';
import { Group } from '../../../../src/peers/group/group';
import { standardParts } from '../../../../src/peers/group/standard-parts';
import type { CodecConfig } from '../../../../src/peers/compression/codec';
import { MemoryNetwork, type NetworkConditions } from '../../../../src/peers/transport/memory-network';
import { CheckpointExchange } from '../../../../src/peers/room/checkpoint-exchange';
import { ExampleRequests } from '../../../../src/peers/room/example-requests';
import type { ExampleSource } from '../../../../src/peers/room/example-server';
import { supplyExamples } from '../../../../src/peers/room/example-supply';
import { Lobby } from '../../../../src/peers/room/lobby';
import { PartKeeper } from '../../../../src/peers/room/part-keeper';
import { hasBlob, partStore } from '../../../../src/peers/room/part-store';
import { RunContent } from '../../../../src/peers/room/run-content';
import { splitLink } from '../../../../src/peers/room/split-link';
import { isCheckpointMessage, type CheckpointMessage, type TrainerMessage } from '../../../../src/peers/trainer-port';
import type { BackendInfo } from '../../../../src/store/schema';
import { listCheckpoints } from '../../../../src/store/checkpoints';
import type { Database } from '../../../../src/store/database';
import { freshDatabase, storeRun, syntheticData } from '../../training/fixture';
import type { PeerResult, TrainerWorkerApi } from './trainer.worker';

/** The content of the data that all train on. */
export const CONTENT = 'cd'.repeat(32);
/** How long a peer waits for others, in milliseconds. */
const WAIT_MS = 120_000;

/** How a group is made. */
export interface Setting {
  config: object;
  /** What peers compute on, where they are not told; `webgpu` where it is not said. */
  backend?: BackendInfo['backend'];
  data?: Parameters<typeof syntheticData>[0];
  codec?: CodecConfig;
  network?: Partial<NetworkConditions>;
  /** Of peers without the data: what may wait there. */
  limits?: StreamLimits;
  /**
   * How long somebody who has the data, or parts of a checkpoint that is gone on from, are waited for, in milliseconds.
   */
  waitMs?: number;
  /** Keeps parts of checkpoints with enough peers: looks that often, in milliseconds. */
  keeperMs?: number;
}

/** A peer of a test. */
export interface TestPeer {
  group: Group;
  lobby: Lobby;
  /** Its database and its run there. */
  stored: Promise<{ database: Database; run: string }>;
  result: Promise<PeerResult>;
  /** Hash of the parameters after each transaction that this peer committed. */
  hashes: Map<number, string>;
  /** Bytes that it sent to the others by the last transaction. */
  sent: () => number;
  /** Steps of the checkpoints that it has. */
  checkpoints: () => Promise<number[]>;
  /** What was sent to it of examples, where it has no data. */
  examples: ExampleRequests | null;
  /** Times that it was asked for examples. */
  served: () => number;
  leave: (order: 'pause' | 'stop') => Promise<void>;
  terminate: () => void;
}

/** A group in one page. */
export class Together {
  readonly peers: TestPeer[] = [];
  readonly network: MemoryNetwork;
  readonly #setting: Setting;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.network = new MemoryNetwork(setting.network);
  }

  /**
   * Adds a peer: the first one founds the group. `backend`: what it computes on; `isHere`: whether it has the data; `before`: its
   * database and run there, where it comes back; `disturb`: what becomes of what its trainer says, before the group hears it.
   */
  add({
    backend = this.#setting.backend ?? 'webgpu',
    isHere = true,
    before = null,
    disturb = () => undefined,
  }: {
    backend?: BackendInfo['backend'];
    isHere?: boolean;
    before?: TestPeer['stored'] | null;
    disturb?: (message: TrainerMessage) => void;
  } = {}): TestPeer {
    const { config, data = {}, codec = { name: 'float32' } } = this.#setting;
    const index = this.peers.length;
    const worker = new Worker(new URL('./trainer.worker.ts', import.meta.url), { type: 'module' });
    const api = connect<TrainerWorkerApi>(worker);
    const { port1, port2 } = new MessageChannel();
    const distributed = (config as { training: { distributed: { world_size: number } } }).training.distributed;
    const hashes = new Map<number, string>();
    let sent = 0;
    let served = 0;
    const holder = exampleHolder(async () => syntheticData(data));
    const source: ExampleSource = {
      preparation: () => holder.preparation(),
      examples: (indices) => {
        served++;
        return holder.examples(indices);
      },
    };
    const stored =
      before ??
      (async () => {
        const database = await freshDatabase();
        return { database, run: (await storeRun(database, config, isHere)).id };
      })();
    const content = stored.then(
      ({ database, run }) =>
        new RunContent(
          database,
          () => run,
          () => null,
        ),
    );
    const lobby = new Lobby(
      {
        describe: async () => null,
        manifest: async () => null,
        checkpoint: async (step) => (await content).checkpoint(step),
        kept: async () => (await content).kept(),
        blob: async (hash) => (await content).blob(hash),
      },
      async () => (isHere ? source : null),
    );
    const dataset = isHere ? CONTENT : null;
    lobby.announce({ role: index === 0 ? 'host' : 'guest', training: false, dataset, ending: null });
    const examples = isHere
      ? null
      : new ExampleRequests(lobby, CONTENT, this.#setting.waitMs ?? 60_000, () => undefined);
    const stream = new MessageChannel();
    if (examples) supplyExamples(examples, stream.port1);
    const exchange = new CheckpointExchange({
      lobby,
      post: (message) => port1.postMessage(message),
      has: async (hash) => hasBlob((await stored).database, hash),
    });
    exchange.begin(this.#setting.waitMs ?? WAIT_MS);
    const group: Group = new Group({
      me: { id: String(index).padStart(16, '0'), name: `peer ${index}`, adapter: backend },
      worldSize: distributed.world_size,
      waitMs: WAIT_MS,
      codec,
      witness: null,
      parts: standardParts,
      toTrainer: (message, transferred) => {
        if (message.type === 'started') lobby.announce({ ...lobby.presence, training: true });
        if (message.type === 'committed') {
          const { parameters_hash, peers } = group.status();
          hashes.set(message.seq, parameters_hash ?? '');
          sent = Math.max(sent, ...peers.filter(({ self }) => !self).map((peer) => peer.sent));
        }
        port1.postMessage(message, transferred);
      },
      onEnd: () => undefined,
    });
    if (index === 0) group.found();
    else group.join();
    for (const [other, peer] of this.peers.entries()) {
      const [here, there] = this.network.connect(`${index}`, `${other}`).map(splitLink);
      const [mine, theirs] = [index, other].map((n) => String(n).padStart(16, '0'));
      lobby.addLink(theirs, here.lobby);
      peer.lobby.addLink(mine, there.lobby);
      group.addLink(theirs, { name: `peer ${other}`, adapter: null }, here.group);
      peer.group.addLink(mine, { name: `peer ${index}`, adapter: null }, there.group);
    }
    port1.onmessage = ({ data: message }: MessageEvent<TrainerMessage | CheckpointMessage>) => {
      if (isCheckpointMessage(message)) exchange.receive(message);
      else {
        disturb(message);
        group.receive(message);
      }
    };
    const peer: TestPeer = {
      group,
      lobby,
      stored,
      hashes,
      sent: () => sent,
      examples,
      served: () => served,
      result: stored
        .then(({ database, run }) =>
          api.train(
            { database: database.name, run },
            backend,
            transfer(port2, [port2]),
            data,
            isHere ? null : transfer({ port: stream.port2, limits: this.#setting.limits }, [stream.port2]),
          ),
        )
        .finally(() => worker.terminate()),
      leave: async (order) => void (await api.leave(order)),
      checkpoints: async () => {
        const { database, run } = await stored;
        return (await listCheckpoints(database, run)).map(({ step }) => step).reverse();
      },
      terminate: () => worker.terminate(),
    };
    const { keeperMs } = this.#setting;
    if (keeperMs !== undefined) {
      void stored.then(({ database, run }) => {
        const keeper = new PartKeeper(lobby, String(index).padStart(16, '0'), partStore(database, run));
        keeper.start(keeperMs);
        return peer.result.finally(() => keeper.stop());
      });
    }
    this.peers.push(peer);
    return peer;
  }
}
