/** What the page and the peer worker say to each other. Commands are comlink calls; events come over one MessagePort. */
import type { ConnectionRole } from '../connect/new-peer';
import type { Fingerprints } from '../connect/fingerprints';
import type { DropReason, GroupStatus } from '../status';
import type { ExampleTraffic } from './example-requests';
import type { RunRow } from '../../store/schema';
import type { RoomDescription } from './lobby-messages';
import type { SearchPart } from './search-content';
import type { TrialEvent } from './trial-exchange';
import type { TrialMessage } from './trial-messages';
import type { SentRun } from './trial-run-schema';

/** What a room is opened with. */
export interface RoomOptions {
  /** The room's key for proofs. */
  proof: CryptoKey;
  me: { id: string; name: string | null; adapter: string | null };
  /** Whether the page can ask a witness which half of a split group goes on. */
  witness: boolean;
}

/** A connection that was begun, as it can be posted: its channels are transferred. */
export interface PostedPeer {
  peerId: string;
  /** Id of the connection. */
  connection: string;
  role: ConnectionRole;
  /** How long the other side may take to prove itself, in milliseconds. */
  patienceMs: number;
  control: RTCDataChannel;
  bulk: RTCDataChannel[];
}

/** What a room tells the page. */
export type RoomEvent =
  | { type: 'group'; status: GroupStatus }
  | { type: 'copy'; copy: { name: string; done: number; total: number; sources: number } | null }
  /** How the examples come that others send, where this browser does not have the data. */
  | { type: 'examples'; traffic: ExampleTraffic }
  /** Others want examples of the data of this run: `serve` answers. */
  | { type: 'want_data'; run_id: string }
  /** Browsers with an open, proven link. */
  | { type: 'connected'; peers: string[] }
  /** A link came to nothing, or ended. A stranger is not connected to again. */
  | { type: 'lost'; peerId: string; connection: string; stranger: boolean; reason: string }
  | TrialEvent
  /** Asks the witness; `claimed` answers. */
  | { type: 'claim'; ticket: number; group: string; base: number; members: number[] };

/** The peer worker: one room. */
export interface PeerApi {
  open(options: RoomOptions, events: MessagePort): Promise<void>;
  /** Takes over a connection that was begun. To be called in the task that made its channels. */
  addPeer(peer: PostedPeer): void;
  /** The certificates of a connection are known: both ends prove who they are. */
  setFingerprints(connection: string, fingerprints: Fingerprints): void;
  /** Something came through the signalling server that was not used. */
  countDrop(reason: DropReason): Promise<void>;
  /** Who else is at the signalling server: a host waits to hear from them before it begins a group. */
  expect(peers: string[]): Promise<void>;
  /** @throws LatheError where nobody can say */
  describe(): Promise<RoomDescription>;
  /**
   * Copies the dataset with this content hash; resolves to the id of its row here.
   * @throws LatheError
   */
  copy(contentHash: string): Promise<string>;
  cancelCopy(reason: string): Promise<void>;
  /**
   * Makes sure that this browser has the dataset `datasetId` with these roles of its columns; resolves to the id of the row
   * that has, another one where the user gave this one other roles.
   */
  withRoles(datasetId: string, roles: string[] | null): Promise<string>;
  /**
   * Trains the run `runId` with the others; its trainer speaks through `trainer`, a later one through a later port. A run
   * whose data is not here gets its examples through `examples` (`ExampleSupply`).
   */
  train(runId: string, role: 'host' | 'guest', trainer: MessagePort, examples: MessagePort): Promise<void>;
  /** The other end of `port` has the data of the run (`ExampleSource`); null: it cannot be read. */
  serve(port: MessagePort | null): Promise<void>;
  /** Copies what is not here of the run's checkpoint of a step, which the group keeps in parts. @throws LatheError */
  collect(step: number): Promise<void>;
  /** Takes part in a search: as the one that has the study, or as one that trains trials of it. @throws LatheError */
  search(part: SearchPart): Promise<void>;
  sendTrial(to: string, message: TrialMessage): Promise<void>;
  /** What is told of the run of a trial, whose blobs are handed out until `releaseRun`. @throws LatheError */
  packRun(runId: string): Promise<SentRun>;
  releaseRun(runId: string): Promise<void>;
  /** Fetches the run of a trial from whoever trained it and stores it as `own`: whole, or not at all. @throws LatheError */
  takeRun(from: string, run: SentRun, own: RunRow): Promise<void>;
  /** What the witness says; null: it cannot be reached. */
  claimed(ticket: number, granted: boolean | null): Promise<void>;
  /** Says goodbye to the group; resolves once nobody is in want of a checkpoint from here, after a minute at most. */
  finish(reason: string): Promise<void>;
  /** Says goodbye to the group and closes all links. */
  close(reason: string): Promise<void>;
}
