/** The peer worker's commands: connections become links, links whose other end proved itself enter the room. */
import { LatheError } from '../../base/errors';
import type { Database } from '../../store/database';
import type { Fingerprints } from '../connect/fingerprints';
import { handshake, StrangerError } from '../connect/handshake';
import { ChannelLink } from '../transport/channel-link';
import type { PeerApi, PostedPeer, RoomEvent, RoomOptions } from './api';
import { Room, type GroupEngine, type GroupOrder } from './room';

/** What the worker is put together from. */
export interface PeerWorkerParts {
  database: () => Promise<Database>;
  createGroup: (order: GroupOrder) => GroupEngine;
}

/** Makes the worker's API. */
export function createPeerWorker({ database, createGroup }: PeerWorkerParts): PeerApi {
  const options = Promise.withResolvers<RoomOptions>();
  const room = Promise.withResolvers<Room>();
  // Whoever waits for a room that could not be opened hears of it; nobody may be waiting.
  room.promise.catch(() => undefined);
  const certificates = new Map<string, PromiseWithResolvers<Fingerprints>>();
  let events: MessagePort | null = null;

  const emit = (event: RoomEvent): void => events?.postMessage(event);
  const certificate = (connection: string): PromiseWithResolvers<Fingerprints> => {
    const known = certificates.get(connection) ?? Promise.withResolvers<Fingerprints>();
    certificates.set(connection, known);
    return known;
  };

  const greet = async ({ control, bulk, ...peer }: PostedPeer): Promise<void> => {
    // In this very task: later the channels would lose what arrives.
    const link = new ChannelLink({ control, bulk });
    const { peerId, connection, role, patienceMs } = peer;
    const { proof, me } = await options.promise;
    const lost = (reason: string, stranger = false): void =>
      emit({ type: 'lost', peerId, connection, stranger, reason });
    try {
      const fingerprints = certificate(connection).promise;
      const greeted = await handshake(link, { key: proof, me, fingerprints, role, peerId, patienceMs });
      (await room.promise).addLink(peerId, greeted.hello, link);
      void link.gone.then(() => lost('The link was closed.'));
      greeted.release();
    } catch (thrown) {
      const stranger = thrown instanceof StrangerError;
      if (stranger) (await room.promise).countDrop('stranger');
      lost(LatheError.from(thrown).message, stranger);
    } finally {
      certificates.delete(connection);
    }
  };

  return {
    async open(given, port) {
      options.resolve(given);
      events = port;
      try {
        room.resolve(new Room(await database(), given, emit, createGroup));
      } catch (error) {
        room.reject(error);
      }
      await room.promise;
    },
    addPeer: (peer) => void greet(peer),
    setFingerprints: (connection, fingerprints) => void certificate(connection).resolve(fingerprints),
    countDrop: async (reason) => (await room.promise).countDrop(reason),
    expect: async (peers) => (await room.promise).expect(peers),
    describe: async () => (await room.promise).describe(),
    copy: async (contentHash) => (await room.promise).copy(contentHash),
    cancelCopy: async (reason) => (await room.promise).lobby.cancelCopy(reason),
    withRoles: async (datasetId, roles) => (await room.promise).withRoles(datasetId, roles),
    train: async (runId, role, trainer, examples) => (await room.promise).train(runId, role, trainer, examples),
    serve: async (port) => (await room.promise).serve(port),
    collect: async (step) => (await room.promise).collect(step),
    search: async (part) => (await room.promise).trials.open(part),
    sendTrial: async (to, message) => (await room.promise).trials.send(to, message),
    packRun: async (runId) => (await room.promise).trials.pack(runId),
    releaseRun: async (runId) => (await room.promise).trials.content?.release(runId),
    takeRun: async (from, run, own) => (await room.promise).trials.take(from, run, own),
    claimed: async (ticket, granted) => (await room.promise).claimed(ticket, granted),
    finish: async (reason) => (await room.promise).finish(reason),
    close: async (reason) => (await room.promise).close(reason),
  };
}
