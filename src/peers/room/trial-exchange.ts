/**
 * The trials of a search in a room, at one browser, in its peer worker: messages to and from the others, and the runs of
 * trials that are fetched from them. Who trains what is decided by whoever uses it.
 */
import { LatheError } from '../../base/errors';
import type { Database } from '../../store/database';
import type { BlobHash, BlobRow, RunRow } from '../../store/schema';
import { getStudy } from '../../store/studies';
import type { TrialWorker } from '../../store/study';
import type { Link } from '../transport/link';
import type { BlobCopy } from './blob-copy';
import type { Lobby } from './lobby';
import { SearchContent, type SearchPart } from './search-content';
import { decodeTrialMessage, encodeTrialMessage, type TrialMessage } from './trial-messages';
import { blobsOfRun, storeRun } from './trial-run';
import type { SentRun } from './trial-run-schema';

/** How often a browser says that it is there, in milliseconds. */
const ALIVE_MS = 2_000;

/** After so long without a word from a browser that takes part, it is taken for gone. */
const SILENCE_MS = 20_000;

/** What is heard of the others. */
export type TrialEvent =
  /** A link to somebody opened; also, when this browser begins to take part, of each that is open. */
  | { type: 'trial_peer'; peer: TrialWorker }
  | { type: 'trial_gone'; id: string }
  /** Something came that is no message about trials. */
  | { type: 'trial_fault'; from: string }
  | { type: 'trial_message'; from: string; message: Exclude<TrialMessage, { type: 'alive' }> };

/** One of the others. */
interface Neighbour {
  peer: TrialWorker;
  link: Link;
  /** When it last said something, as `performance.now()` has it; null: nothing yet, it may only look. */
  heard: number | null;
}

/** The exchange of one room. */
export class TrialExchange {
  /** What this browser hands out; null while it takes no part in a search. */
  content: SearchContent | null = null;
  readonly #database: Database;
  readonly #lobby: Lobby;
  readonly #emit: (event: TrialEvent) => void;
  readonly #neighbours = new Map<string, Neighbour>();
  /** Copies under way, by whom they come from. */
  readonly #copies = new Map<BlobCopy, string>();
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(database: Database, lobby: Lobby, emit: (event: TrialEvent) => void) {
    this.#database = database;
    this.#lobby = lobby;
    this.#emit = emit;
  }

  /** Takes part from now on. @throws LatheError where there is no such study or dataset */
  async open(part: SearchPart): Promise<void> {
    const id = part.role === 'host' ? (await getStudy(this.#database, part.study_id)).dataset_id : part.dataset_id;
    const dataset = await this.#database.get('datasets', id ?? '');
    if (!dataset)
      throw new LatheError('not_found', 'The dataset of the search is gone. Drop its files on the page again.');
    this.content = new SearchContent(this.#database, part, dataset);
    this.#lobby.announce({ role: part.role, training: false, dataset: dataset.content_hash, ending: null });
    this.#timer ??= setInterval(() => this.#keepAlive(), ALIVE_MS);
    for (const { peer } of this.#neighbours.values()) this.#emit({ type: 'trial_peer', peer });
  }

  /** Takes a link; one to the same browser takes the place of the old. */
  addLink(peer: TrialWorker, link: Link): void {
    this.#remove(peer.id);
    const neighbour: Neighbour = { peer, link, heard: null };
    this.#neighbours.set(peer.id, neighbour);
    link.onMessage = (bytes) => this.#read(neighbour, bytes);
    link.onClose = () => {
      if (this.#neighbours.get(peer.id) === neighbour) this.#remove(peer.id);
    };
    if (this.content) this.#emit({ type: 'trial_peer', peer });
  }

  /** What is told of a run, whose blobs are handed out from now on. @throws LatheError */
  async pack(runId: string): Promise<SentRun> {
    if (!this.content) throw new LatheError('internal', 'This browser takes part in no search.');
    return this.content.pack(runId);
  }

  /** Sends to one of the others; nothing where it is gone. */
  send(to: string, message: TrialMessage): void {
    this.#neighbours.get(to)?.link.send(encodeTrialMessage(message));
  }

  /**
   * Fetches the run of a trial from whoever trained it, and stores it as `own`: whole, or not at all.
   * @throws LatheError where it is gone, or what it sends makes no sense
   */
  async take(from: string, run: SentRun, own: RunRow): Promise<void> {
    const fetched = new Map<BlobHash, BlobRow>();
    const gone = new LatheError('training', 'Whoever trained the trial is gone.');
    if (!this.#neighbours.has(from)) throw gone;
    const order = {
      blobs: blobsOfRun(run),
      store: { has: async () => false, keep: async (row: BlobRow) => void fetched.set(row.hash, row) },
      givenUp: gone.message,
      silenceMs: SILENCE_MS,
    };
    let copy: BlobCopy | null = null;
    try {
      await this.#lobby.copyBlobs(
        order,
        ({ id }) => id === from,
        (begun) => {
          copy = begun;
          this.#copies.set(begun, from);
        },
      );
    } finally {
      if (copy) this.#copies.delete(copy);
    }
    await storeRun(this.#database, own, run, fetched);
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.content = null;
  }

  #remove(id: string): void {
    if (!this.#neighbours.delete(id)) return;
    for (const [copy, from] of this.#copies) if (from === id) copy.cancel('Whoever trained the trial is gone.');
    if (this.content) this.#emit({ type: 'trial_gone', id });
  }

  #read(neighbour: Neighbour, bytes: Uint8Array): void {
    const message = decodeTrialMessage(bytes);
    if (!message) {
      if (this.content) this.#emit({ type: 'trial_fault', from: neighbour.peer.id });
      return;
    }
    neighbour.heard = performance.now();
    if (message.type === 'alive' || !this.content) return;
    this.#emit({ type: 'trial_message', from: neighbour.peer.id, message });
  }

  #keepAlive(): void {
    const now = performance.now();
    for (const { link, heard } of [...this.#neighbours.values()]) {
      if (heard !== null && now - heard > SILENCE_MS) link.close('It was silent for too long.');
      else link.send(encodeTrialMessage({ type: 'alive' }));
    }
  }
}
