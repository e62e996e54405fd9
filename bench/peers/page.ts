/** The page of one peer: its connections, its peer worker and its trainer's, as the product has them. */
import { createLanes, type Lanes } from '../../src/peers/connect/lanes';
import type { PeerOrder } from './peer.worker';
import type { PageReport, PeerNews, PeerReport, PeerTask, TrainerNews } from './protocol';

let connections: (RTCPeerConnection | null)[] = [];
let peer: Worker | null = null;
let trainer: Worker | null = null;

const bench = {
  /** Opens connections to all others; resolves to offers to those of a higher rank, by rank, with all candidates. */
  async open(rank: number, members: number): Promise<(string | null)[]> {
    peer = new Worker(new URL('./peer.worker.ts', import.meta.url), { type: 'module' });
    connections = Array.from({ length: members }, (_, other) => (other === rank ? null : new RTCPeerConnection()));
    const lanes = connections.map((connection) => connection && createLanes([connection]));
    order({ type: 'links', lanes }, channelsOf(lanes));
    return Promise.all(
      connections.map(async (connection, other) => {
        if (!connection || other < rank) return null;
        await connection.setLocalDescription(await connection.createOffer());
        return described(connection);
      }),
    );
  },
  /** Answers an offer. */
  async answer(other: number, offer: string): Promise<string> {
    const connection = connectionTo(other);
    await connection.setRemoteDescription({ type: 'offer', sdp: offer });
    await connection.setLocalDescription(await connection.createAnswer());
    return described(connection);
  },
  /** Takes the answer to an offer. */
  async accept(other: number, answer: string): Promise<void> {
    await connectionTo(other).setRemoteDescription({ type: 'answer', sdp: answer });
  },
  /** Trains, and resolves when all steps are done here. */
  async run(task: PeerTask): Promise<PageReport> {
    const { port1, port2 } = new MessageChannel();
    trainer ??= new Worker(new URL('./trainer.worker.ts', import.meta.url), { type: 'module' });
    const computing = trainer;
    const before = Promise.withResolvers<number>();
    const trained = Promise.withResolvers<void>();
    const reported = Promise.withResolvers<PeerReport>();
    const fail = (message: string): void => {
      const error = new Error(message || 'A worker did not load.');
      for (const { reject } of [before, trained, reported]) reject(error);
    };
    computing.onmessage = ({ data: news }: MessageEvent<TrainerNews>) => {
      if (news.type === 'done') trained.resolve();
      else fail(news.message);
    };
    computing.onerror = ({ message }) => fail(message);
    if (!peer) throw new Error('The peer was not opened.');
    peer.onerror = ({ message }) => fail(message);
    peer.onmessage = ({ data: news }: MessageEvent<PeerNews>) => {
      switch (news.type) {
        case 'probed':
          // A trainer that starts takes the cores from the links that are measured.
          computing.postMessage({ task, port: port1 }, [port1]);
          return;
        case 'counting':
          before.resolve(wireBytes());
          return;
        case 'finished':
          reported.resolve(news.report);
          return;
        case 'failed':
          fail(news.message);
      }
    };
    order({ type: 'run', task, port: port2 }, [port2]);
    try {
      const [report, from] = await Promise.all([reported.promise, before.promise, trained.promise]);
      return { ...report, wire: (await wireBytes()) - from };
    } catch (error) {
      computing.terminate();
      trainer = null;
      throw error;
    }
  },
  /** Closes the connections; the trainer stays for the next run. */
  close(): void {
    peer?.terminate();
    peer = null;
    for (const connection of connections) connection?.close();
    connections = [];
  },
};

function order(message: PeerOrder, transfer: Transferable[]): void {
  peer?.postMessage(message, transfer);
}

const channelsOf = (lanes: (Lanes | null)[]): RTCDataChannel[] =>
  lanes.flatMap((each) => (each ? [each.control, ...each.bulk] : []));

function connectionTo(other: number): RTCPeerConnection {
  const connection = connections[other];
  if (!connection) throw new RangeError(`There is no connection to peer ${other}.`);
  return connection;
}

/** The description of this end, once all of its candidates are in it. */
async function described(connection: RTCPeerConnection): Promise<string> {
  while (connection.iceGatheringState !== 'complete') {
    await new Promise((resolve) => connection.addEventListener('icegatheringstatechange', resolve, { once: true }));
  }
  return connection.localDescription?.sdp ?? '';
}

/** Bytes that all connections sent, DTLS and SCTP included. */
async function wireBytes(): Promise<number> {
  let bytes = 0;
  for (const connection of connections) {
    for (const [, stats] of (await connection?.getStats()) ?? []) {
      if (isTransport(stats)) bytes += stats.bytesSent ?? 0;
    }
  }
  return bytes;
}

const isTransport = (stats: unknown): stats is RTCTransportStats =>
  typeof stats === 'object' && stats !== null && 'type' in stats && stats.type === 'transport';

declare global {
  interface Window {
    peersBench: typeof bench;
  }
}

window.peersBench = bench;
