/**
 * A room that this tab is in. The page's thread does signalling and connects; the channels go to a worker of the room's own,
 * which does everything else.
 */
import { LatheError } from '../base/errors';
import { connect, transfer, type Remote } from '../base/rpc';
import { enterRoom, type RoomEntry } from '../peers/connect/enter-room';
import type { NewPeer } from '../peers/connect/new-peer';
import { answerPairing, offerPairing, type Pairing, type PairingOffer } from '../peers/connect/pairing';
import type { PeerApi, RoomEvent } from '../peers/room/api';
import type { SearchPart } from '../peers/room/search-content';
import type { TrialEvent } from '../peers/room/trial-exchange';
import type { RoomKeys } from '../peers/signalling/keys';
import { roomLink, type RoomLink } from '../peers/signalling/room';
import { rtcConfiguration, type PeerSettings } from '../peers/signalling/settings';
import type { SignalState } from '../peers/signalling/signal-client';
import type { GroupStatus } from '../peers/status';
import type { CopyProgress, ExampleTraffic, RoomStatus } from './api';
import { probeDevice } from './device';
import type { TrainerPorts } from './supervisor';
import { startExamplesWorker, type ExamplesWorker } from './workers';

/** What a room tells the tab. */
export interface RoomListener {
  onGroup: (room: PeerRoom, status: GroupStatus) => void;
  onStatus: (room: PeerRoom) => void;
}

/** A room's run in this browser. */
interface RoomRun {
  id: string;
  role: 'host' | 'guest';
}

/** A worker that is not given a room yet. */
interface PeerWorker {
  worker: Worker;
  api: Remote<PeerApi>;
  /** Settles with a sentence if the worker itself breaks. */
  broken: Promise<string>;
}

/** Views whose register of claims is remembered: a claim is made from the newest ones only. */
const MOST_VIEWS = 64;

/** How long a worker may take to say goodbye, in milliseconds. */
const GOODBYE_MS = 3_000;

/** One room. */
export class PeerRoom {
  readonly link: RoomLink;
  /** The group as last heard of; null before there is one. */
  group: GroupStatus | null = null;
  /** Told of the trials of a search, where this tab takes part in one. */
  onTrial: ((event: TrialEvent) => void) | null = null;
  /** Resolves when the signalling server has answered, or did not: what the link for others is, is known then. */
  readonly settled: Promise<void>;
  readonly #settings: PeerSettings;
  readonly #listener: RoomListener;
  readonly #peers: PeerWorker;
  /** The register of claims at the time of a view, by its epoch: see `Witness` of signalling. */
  readonly #registers = new Map<number, string | null>();
  readonly #pairings = new Set<Pairing>();
  #offer: PairingOffer | null = null;
  #entry: RoomEntry | null = null;
  /** Id of this page session in the room; empty until the worker has it. */
  #me = '';
  #signalling: RoomStatus['signalling'] = { state: 'none', address: null, reason: null };
  #run: RoomRun | null = null;
  #part: SearchPart | null = null;
  #connected = 0;
  #copy: CopyProgress | null = null;
  #examples: ExampleTraffic | null = null;
  /** Has the data of the run ready for others, once somebody wants it. */
  #data: ExamplesWorker | null = null;
  #closed: Promise<void> | null = null;
  #settle: () => void = () => {};
  /** The status that was told last. */
  #told = '';

  private constructor(link: RoomLink, settings: PeerSettings, listener: RoomListener, peers: PeerWorker) {
    this.link = link;
    this.#settings = settings;
    this.#listener = listener;
    this.#peers = peers;
    this.settled = new Promise((resolve) => (this.#settle = resolve));
  }

  /** Enters a room by its signalling server. @throws LatheError where this page cannot use that, or storage is blocked */
  static async enter(
    link: RoomLink,
    settings: PeerSettings,
    listener: RoomListener,
    makeWorker = makePeerWorker,
  ): Promise<PeerRoom> {
    const room = new PeerRoom(link, settings, listener, startPeerWorker(makeWorker));
    try {
      const entry = await enterRoom({
        link,
        settings,
        page: location.href,
        onPeer: (peer) => {
          postPeer(room.#peers, peer);
        },
        onSignalState: (state) => room.#signal(state),
        onFault: (_from, fault) => void room.#peers.api.countDrop(fault === 'forged' ? 'stranger' : fault),
        onPeers: (peers) => void room.#peers.api.expect(peers),
      });
      room.#entry = entry;
      room.#signal(entry.signalling.state);
      await room.#open(entry.me, entry.keys, true);
      return room;
    } catch (error) {
      await room.close('The room could not be entered.');
      throw error;
    }
  }

  /**
   * Enters the room that an offer code lets into, without a server. Resolves with the answer code.
   * @throws LatheError of kind `usage` where `code` is no offer code
   */
  static async answer(
    code: string,
    settings: PeerSettings,
    listener: RoomListener,
    makeWorker = makePeerWorker,
  ): Promise<{ room: PeerRoom; code: string }> {
    const peers = startPeerWorker(makeWorker);
    try {
      const onPeer = (peer: NewPeer): void => postPeer(peers, peer);
      const pairing = await answerPairing(code, { rtc: rtcConfiguration(settings), onPeer });
      const room = new PeerRoom({ room: pairing.room, server: null }, settings, listener, peers);
      room.#pairings.add(pairing);
      room.#settle();
      await room.#open(pairing.me, pairing.keys, false);
      return { room, code: pairing.code };
    } catch (error) {
      peers.worker.terminate();
      throw error;
    }
  }

  /** The run that this tab trains in the room. */
  get run(): RoomRun | null {
    return this.#run;
  }

  get status(): RoomStatus {
    return {
      run_id: this.#run?.id ?? null,
      link: this.#entry?.link() ?? linkForOthers(this.link, this.#settings),
      role: this.#run?.role ?? this.#part?.role ?? 'guest',
      ...(this.#part?.role === 'host' && { study_id: this.#part.study_id }),
      signalling: this.#signalling,
      connected: this.#connected,
      copy: this.#copy,
      examples: this.#examples,
    };
  }

  /** Commands of the room's worker. */
  get api(): Remote<PeerApi> {
    return this.#peers.api;
  }

  /** Settles with a sentence if the room's worker breaks. */
  get broken(): Promise<string> {
    return this.#peers.broken;
  }

  /** Has a run trained with the others; returns the ports for its trainer. A later trainer of the run gets others. */
  async train(run: RoomRun): Promise<TrainerPorts> {
    this.#run = run;
    const collective = new MessageChannel();
    const examples = new MessageChannel();
    const given = [transfer(collective.port1, [collective.port1]), transfer(examples.port1, [examples.port1])] as const;
    await this.api.train(run.id, run.role, ...given);
    this.#changed();
    return { collective: collective.port2, examples: examples.port2 };
  }

  /** How this tab takes part in a search; null: it does not. */
  get part(): SearchPart | null {
    return this.#part;
  }

  /** Takes part in a search. @throws LatheError */
  async search(part: SearchPart, onTrial: (event: TrialEvent) => void): Promise<void> {
    this.onTrial = onTrial;
    await this.api.search(part);
    this.#part = part;
    this.#changed();
  }

  /** A code that lets one more browser in without a server. */
  async offerPairing(): Promise<string> {
    const onPeer = (peer: NewPeer): void => postPeer(this.#peers, peer);
    const offer = await offerPairing(
      { rtc: rtcConfiguration(this.#settings), onPeer },
      { room: this.link.room, me: this.#me },
    );
    this.#offer?.close('Another code was made.');
    this.#offer = offer;
    return offer.code;
  }

  /** Takes the answer to the last offer. @throws LatheError of kind `usage` */
  async acceptPairing(code: string): Promise<void> {
    if (!this.#offer) throw new LatheError('usage', 'No code was made here that this could answer. Begin again.');
    await this.#offer.accept(code);
    this.#pairings.add(this.#offer);
    this.#offer = null;
  }

  /** Leaves the group and the room. */
  /** Leaves the group; where its run has ended, others may still copy checkpoints from here for a while. */
  async finish(reason: string): Promise<void> {
    const finished = Promise.resolve(this.api.finish(reason)).catch(() => undefined); // It ends either way.
    await Promise.race([finished, this.broken, this.#closed ?? new Promise<never>(() => undefined)]);
  }

  close(reason: string): Promise<void> {
    return (this.#closed ??= this.#close(reason));
  }

  async #close(reason: string): Promise<void> {
    if (this.#me !== '') {
      const goodbye = Promise.resolve(this.api.close(reason)).catch(() => undefined); // It ends either way.
      await Promise.race([goodbye, this.broken, new Promise((resolve) => setTimeout(resolve, GOODBYE_MS))]);
    }
    this.#offer?.close(reason);
    for (const pairing of this.#pairings) pairing.close(reason);
    await this.#entry?.leave(reason);
    this.#peers.worker.terminate();
    this.#data?.terminate();
  }

  async #open(me: string, { proof }: RoomKeys, witness: boolean): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<RoomEvent>) => this.#hear(data);
    const { adapter } = await probeDevice();
    const options = { proof, me: { id: me, name: this.#settings.name, adapter }, witness };
    const broken = this.broken.then((reason): never => {
      throw new LatheError('internal', `The worker of the room stopped: ${reason}. Reload the page.`);
    });
    await Promise.race([this.api.open(options, transfer(port2, [port2])), broken]);
    this.#me = me;
    this.#changed();
  }

  #hear(event: RoomEvent): void {
    switch (event.type) {
      case 'group':
        this.group = event.status;
        this.#noteView(event.status.epoch);
        this.#listener.onGroup(this, event.status);
        return;
      case 'copy':
        this.#copy = event.copy;
        return this.#changed();
      case 'examples':
        this.#examples = event.traffic;
        return this.#changed();
      case 'want_data':
        void this.#serve(event.run_id);
        return;
      case 'connected':
        this.#connected = event.peers.length;
        return this.#changed();
      case 'lost':
        this.#entry?.mesh.drop(event.peerId, event.reason, event.stranger);
        return;
      case 'trial_peer':
      case 'trial_gone':
      case 'trial_fault':
      case 'trial_message':
        this.onTrial?.(event);
        return;
      case 'claim':
        void this.#claim(event);
    }
  }

  /** Makes the data of the run ready for others, in a thread that nobody who trains here waits for. */
  async #serve(runId: string): Promise<void> {
    this.#data?.terminate();
    const data = startExamplesWorker();
    this.#data = data;
    const { port1, port2 } = new MessageChannel();
    const opened = data.api.open(runId, transfer(port1, [port1]));
    const isOpen = await Promise.race([opened.then(() => true), data.broken.then(() => false)]);
    if (!this.#closed) await this.api.serve(isOpen ? transfer(port2, [port2]) : null);
  }

  #noteView(epoch: number): void {
    if (!this.#entry || this.#registers.has(epoch)) return;
    this.#registers.set(epoch, this.#entry.signalling.register);
    for (const old of this.#registers.keys()) if (this.#registers.size > MOST_VIEWS) this.#registers.delete(old);
  }

  async #claim({ ticket, group, base, members }: Extract<RoomEvent, { type: 'claim' }>): Promise<void> {
    const signalling = this.#entry?.signalling;
    const register = this.#registers.get(base) ?? signalling?.register ?? null;
    let granted: boolean | null = null;
    // A server that was never reached has let nobody in: who is here was paired by hand, and claims nothing.
    if (register === null) granted = true;
    else if (signalling?.state.state === 'joined') {
      granted = await signalling.claim({ register, group, base, members });
    }
    await this.api.claimed(ticket, granted);
  }

  #signal(state: SignalState): void {
    const address = this.#entry?.server ?? null;
    if (state.state !== 'connecting') this.#settle();
    switch (state.state) {
      case 'connecting':
        // A server that is tried again and again has not become better by that.
        this.#signalling = { ...this.#signalling, address };
        if (this.#signalling.state !== 'closed') this.#signalling.state = 'connecting';
        break;
      case 'joined':
        this.#signalling = { state: 'open', address, reason: null };
        break;
      case 'waiting':
        this.#signalling = { state: 'closed', address, reason: state.reason };
        break;
      case 'closed':
        this.#signalling = { state: 'closed', address, reason: state.error?.message ?? null };
    }
    this.#changed();
  }

  #changed(): void {
    // Before it is entered there is nothing to tell.
    if (this.#closed || this.#me === '') return;
    const status = JSON.stringify(this.status);
    if (status === this.#told) return;
    this.#told = status;
    this.#listener.onStatus(this);
  }
}

/** The link to a room as long as its server was not asked by which address others reach it. */
export function linkForOthers({ room, server }: RoomLink, { signalling }: PeerSettings): string {
  return roomLink({ room, server: server ?? signalling }, location.href);
}

const makePeerWorker = (): Worker =>
  new Worker(new URL('../../workers/peer.ts', import.meta.url), { type: 'module', name: 'peer' });

function startPeerWorker(makeWorker: () => Worker): PeerWorker {
  const worker = makeWorker();
  const broken = new Promise<string>((resolve) => {
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      resolve(event.message || 'its script could not be loaded');
    });
  });
  return { worker, api: connect<PeerApi>(worker), broken };
}

/** Hands a connection to the worker, in the task that made its channels. */
function postPeer({ api }: PeerWorker, peer: NewPeer): void {
  const { peerId, connection, role, patienceMs, control, bulk } = peer;
  void api.addPeer(transfer({ peerId, connection, role, patienceMs, control, bulk }, [control, ...bulk]));
  void peer.fingerprints.then((both) => api.setFingerprints(connection, both));
}
