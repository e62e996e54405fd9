/** Training together: rooms, groups of runs, trials dealt to others. */
import type { RunConfig } from '../../config/schema';
import type { GroupStatus } from '../../peers/status';
import type { DatasetRow, RunRow } from '../../store/schema';
import type { TrialWorker } from '../../store/study';

/** A run that others can join, and the link that lets them in. Whoever has the link can take part. */
export interface HostedRun {
  run: RunRow;
  link: string;
}

/** What those in a room train, as one of them tells it. */
export interface RoomOffer {
  run_name: string;
  /** Without its room. */
  config: RunConfig;
  dataset: { name: string; kind: DatasetRow['kind']; examples: number; bytes: number; content_hash: string };
  /** Dataset of this browser with the same content; null: it must be copied, or streamed. */
  dataset_id: string | null;
  /** Where it is a search, whose trials are dealt out: how many there are, and how many are done. Null: a run. */
  search: { trials: number; done: number } | null;
  /** Whether the host sends the data of each batch, where it is asked to. */
  streams: boolean;
  /** The group as the one who told sees it; null while nobody trains. */
  group: GroupStatus | null;
  /** Unfinished run of this browser that follows this group already: to join again is to resume it. */
  run_id: string | null;
}

/** How a browser that joins gets the data: it has it, copies it from the others first, or is sent each batch. */
export type DatasetWay = 'have' | 'copy' | 'stream';

/** How far the copy of a dataset got, in bytes. What was there from an earlier try is done from the start. */
export interface CopyProgress {
  name: string;
  done: number;
  total: number;
  /** Browsers that it comes from. */
  sources: number;
}

/** How examples come from others, to a run whose data is not here. */
export interface ExampleTraffic {
  /** Bytes of examples that came. */
  received: number;
  /** Browsers that can be asked. */
  sources: number;
  /** Why training waits, in a sentence; null where it does not. */
  waiting: string | null;
}

/** How a room is reached from here. */
export interface RoomStatus {
  /** Run of this browser in the room; null while it only looks, or copies the data. */
  run_id: string | null;
  /** Study of this browser that is searched in the room; absent: none. */
  study_id?: string;
  /** Link that lets others in. */
  link: string;
  role: 'host' | 'guest';
  /** The server that introduces newcomers: who is connected already does not need it. */
  signalling: {
    /** `none`: paired without a server. */
    state: 'connecting' | 'open' | 'closed' | 'none';
    address: string | null;
    /** Why it is closed, in a sentence. */
    reason: string | null;
  };
  /** Browsers that this one has a connection to, whether they train already or not. */
  connected: number;
  copy: CopyProgress | null;
  /** Null where the data is here, or nothing trains. */
  examples: ExampleTraffic | null;
}

/** A browser that trains, or trained, trials of a study of this one. */
export interface CrewMember extends TrialWorker {
  state: 'working' | 'left' | 'lost';
  /** Trials that it takes at once; 0: none any more. */
  slots: number;
  /** Trials that train there now. */
  trials: number[];
  /** Runs of trials that it handed over. */
  done: number;
  /** Why it trains no more, where it said so. */
  reason: string | null;
}

/** The others who train trials of a study, and the room that they come to. */
export interface StudyCrew {
  room: RoomStatus;
  /** As they came, also those that are gone since the study was last resumed. */
  members: CrewMember[];
}

/** How far this browser is with training trials of somebody else's study. */
export interface HelperStatus {
  /** Link of the room. */
  link: string;
  study_name: string;
  state: 'waiting' | 'working' | 'ended';
  /** One sentence where the state needs one: why it waits, why it ended. */
  reason: string | null;
  /** Trials that it takes at once. */
  slots: number;
  /** Trials that train here now, and their runs while they do. */
  trials: { number: number; run_id: string }[];
  /** Trials whose runs were handed over. */
  done: number;
}

/** How browsers find each other. Nothing but this page's own server is contacted unless it stands here. */
export interface PeerSettings {
  /** `ws:` or `wss:` address of the signalling server; null: the one of the server that the page came from. */
  signalling: string | null;
  /** STUN and TURN servers; a TURN server needs a user name and a credential. */
  ice_servers: { urls: string[]; username: string | null; credential: string | null }[];
  /** Whether everything goes through the TURN servers, so that others do not learn this browser's address. */
  relay_only: boolean;
  /** Connections to each of the others: on long ways several carry more. */
  connections: number;
  /** What others call this browser; null: nothing but its adapter. */
  name: string | null;
}

/** One half of a pairing without a server: to be carried to the other browser by hand or by camera. */
export interface PairingCode {
  code: string;
  /** The code as a QR code: an SVG document; null where it is too long for one. */
  qr: string | null;
}

/** Commands on training together. */
export interface PeerCommands {
  /**
   * Starts a run that others can join, in a new room or in that of `training.distributed.room`. It trains once
   * `world_size` browsers are there.
   */
  host(config: RunConfig, datasetId: string): Promise<HostedRun>;
  /** Goes into a room and asks what is trained there. Stays connected until `join` or `forget`. */
  look(link: string): Promise<RoomOffer>;
  /**
   * Joins the group of a room with a run of this browser that follows it; resolves once that has started, after the
   * data was copied where it was asked to: `room` events tell how far that is.
   */
  join(link: string, how: { dataset: DatasetWay }): Promise<RunRow>;
  /**
   * Trains trials of the study that is searched in a room, `slots` at once (1 where it is not said), until it ends or this
   * browser is to `forget` the room. Resolves once it has offered itself, after the data was copied where it was asked to.
   */
  help(link: string, how: { dataset: DatasetWay; slots?: number }): Promise<HelperStatus>;
  /** Resolves when this browser trains no more trials in a room: how far it came. */
  helped(link: string): Promise<HelperStatus>;
  /** Who trains trials of a study; null for one that only this browser trains. */
  crew(studyId: string): Promise<StudyCrew | null>;
  /**
   * Ends looking at a room, copying its dataset (what was copied is kept for the next try), or training trials there.
   */
  forget(link: string): Promise<void>;
  /** Pauses this browser's run with a checkpoint; the others go on. */
  leave(runId: string): Promise<void>;
  /** Ends the run for the whole group: everybody keeps the best checkpoint and evaluates. */
  stopAll(runId: string): Promise<void>;
  /** The group of a run as last heard of, in whichever tab it trains; null where it does not train. */
  status(runId: string): Promise<GroupStatus | null>;
  /** The room of a run as last heard of; null for a run of one browser. */
  room(runId: string): Promise<RoomStatus | null>;
  /** Pairing without a server, step 1, where the run is: a code for the other browser. */
  offerPairing(runId: string): Promise<PairingCode>;
  /** Step 2, at the other browser: its answer, and a link for `look` and `join` once step 3 is done. */
  answerPairing(code: string): Promise<PairingCode & { link: string }>;
  /** Step 3, where the run is: takes the answer; the two connect. */
  acceptPairing(runId: string, code: string): Promise<void>;
  /** A text, such as a link, as a QR code: an SVG document. */
  qr(text: string): Promise<string>;
  settings(): Promise<PeerSettings>;
  /** Changes settings for this browser. Rooms that are open keep theirs. */
  configure(change: Partial<PeerSettings>): Promise<PeerSettings>;
}
