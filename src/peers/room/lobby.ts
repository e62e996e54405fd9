/**
 * The lobby of a room at one browser: who is there and what they train, told on the control lane, and the copying of
 * blobs and the sending of examples on the bulk lane. It knows nothing of the group that trains over the same links.
 */
import { LatheError } from '../../base/errors';
import { blobsOfDataset } from '../../store/dataset-blobs';
import type { BlobHash } from '../../store/schema';
import type { Link } from '../transport/link';
import { BlobCopy, type BlobCopyOrder, type CopyStore } from './blob-copy';
import { BlobServer } from './blob-server';
import { ExampleServer, type OwnExamples } from './example-server';
import {
  decodeLobbyMessage,
  encodeLobbyMessage,
  type CheckpointManifest,
  type KeptParts,
  type LobbyMessage,
  type Manifest,
  type Presence,
  type RoomDescription,
} from './lobby-messages';
import { decodePieceFrame } from './piece-frame';

/** How long to wait for somebody who can answer, in milliseconds. */
const ANSWER_MS = 20_000;

/** The same for a dataset, which somebody who is here already was to have. */
const DATASET_MS = 5_000;

/** What takes frames that answer requests of this browser. */
export interface PieceReceiver {
  /** A part of an answer. What nobody asked for is ignored. */
  receive(source: string, ticket: number, offset: number, payload: Uint8Array): void;
  /** There is no answer. */
  refuse(source: string, ticket: number, reason: string): void;
  removeSource(id: string): void;
}

/** What this browser can tell the others. */
export interface LobbyContent {
  /** What its run trains; null where it has none. */
  describe(): Promise<RoomDescription | null>;
  /** The dataset of its run, where it has this one. */
  manifest(contentHash: string): Promise<Manifest | null>;
  /** The checkpoint of a step of its run, where it has one. */
  checkpoint(step: number): Promise<CheckpointManifest | null>;
  /** What it has of its run's checkpoints that are kept in parts. */
  kept(): Promise<KeptParts[]>;
  /** A blob of that dataset, or of a checkpoint that was asked for; null where it is none of them. */
  blob(hash: BlobHash): Promise<Blob | null>;
}

/** One of the others. */
interface Neighbour {
  id: string;
  link: Link;
  /** Null until it has said so. */
  presence: Presence | null;
  blobs: BlobServer;
  examples: ExampleServer;
}

/** The lobby. Others are added as their links open. */
export class Lobby {
  /** Messages and frames that could not be read. */
  malformed = 0;
  /** What this browser said it is. */
  presence: Presence = { role: 'visitor', training: false, dataset: null, ending: null };
  /** When somebody last asked for a part of a blob, as `performance.now()` has it. */
  askedAt = -Infinity;
  readonly #content: LobbyContent;
  readonly #examples: OwnExamples;
  readonly #neighbours = new Map<string, Neighbour>();
  readonly #listeners = new Set<() => void>();
  readonly #answers = new Map<number, (message: LobbyMessage | null) => void>();
  readonly #receivers = new Set<PieceReceiver>();
  #datasetCopy: BlobCopy | null = null;
  #nextTicket = 1;

  /** @param examples The data of the own run, for those who are sent its examples; null where nobody is, or it is not here. */
  constructor(content: LobbyContent, examples: OwnExamples = async () => null) {
    this.#content = content;
    this.#examples = examples;
  }

  /** What the others said they are; of those that said so. */
  get presences(): Presence[] {
    return [...this.#neighbours.values()].flatMap(({ presence }) => presence ?? []);
  }

  /** Those who have a link and said what they are. */
  get others(): { id: string; presence: Presence }[] {
    return [...this.#neighbours.values()].flatMap(({ id, presence }) => (presence ? { id, presence } : []));
  }

  /** Whether this one has a link and has said what it is. */
  knows(id: string): boolean {
    return (this.#neighbours.get(id)?.presence ?? null) !== null;
  }

  /** Calls `listener` when somebody came, went, or changed what it is, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells everybody, also who comes later, what this browser is. */
  announce(presence: Presence): void {
    this.presence = presence;
    for (const { link } of this.#neighbours.values()) this.#send(link, { type: 'presence', presence });
  }

  /** Takes a link into the lobby; one to the same browser takes the place of the old. */
  addLink(id: string, link: Link): void {
    const examples = new ExampleServer(link, this.#examples);
    const blobs = new BlobServer(link, async (hash) => examples.blob(hash) ?? this.#content.blob(hash));
    const neighbour: Neighbour = { id, link, presence: null, blobs, examples };
    this.#remove(id);
    this.#neighbours.set(id, neighbour);
    link.onMessage = (bytes) => this.#read(neighbour, bytes);
    link.onFrame = (bytes) => {
      const frame = decodePieceFrame(bytes);
      if (!frame) this.malformed++;
      else for (const each of this.#receivers) each.receive(id, frame.ticket, frame.offset, frame.payload);
    };
    link.onClose = () => {
      if (this.#neighbours.get(id) === neighbour) this.#remove(id);
    };
    this.#send(link, { type: 'presence', presence: this.presence });
    this.#changed();
  }

  /**
   * What is trained here, told by the host or else by somebody who follows it.
   * @throws LatheError of kind `not_found` where nobody can say, after a while
   */
  async describe(waitMs = ANSWER_MS): Promise<RoomDescription> {
    const message = await this.#askAround(
      ({ presence }) => (presence?.role === 'host' ? 2 : presence?.role === 'guest' ? 1 : 0),
      (ticket) => ({ type: 'describe', ticket }),
      (answer) => (answer.type === 'description' ? answer.description : null),
      waitMs,
    );
    if (message) return message;
    throw new LatheError(
      'not_found',
      this.#neighbours.size > 0
        ? 'Nobody who is in this room trains. Ask whoever began the run to resume it, then open the link again.'
        : 'Nobody was found in this room. Ask whoever sent the link whether the run is open there, and whether both can reach the same signalling server.',
    );
  }

  /**
   * Copies a dataset from all who have it; resolves to its row as the others have it, once all of its blobs are in `store`.
   * @throws LatheError where nobody has it, or the copy fails
   */
  async copyDataset(
    contentHash: string,
    store: CopyStore,
    onProgress: (name: string, copy: BlobCopy) => void,
  ): Promise<Manifest> {
    const manifest = await this.#askAround(
      ({ presence }) => (presence?.dataset === contentHash ? 1 : 0),
      (ticket) => ({ type: 'want_dataset', ticket, content_hash: contentHash }),
      (answer) => (answer.type === 'dataset' ? answer.manifest : null),
      DATASET_MS,
    );
    if (manifest?.row.content_hash !== contentHash) {
      throw new LatheError(
        'not_found',
        'Nobody in the room can hand out the dataset. Drop its files on the page, then join with your own.',
      );
    }
    const order = {
      blobs: blobsOf(manifest),
      store,
      givenUp:
        'Nobody in the room sends the dataset any more. Join again to go on with the copy, or drop the files of the dataset on the page.',
    };
    this.#datasetCopy?.cancel('The copy was begun anew.');
    await this.copyBlobs(
      order,
      ({ presence }) => presence.dataset === contentHash,
      (copy) => {
        this.#datasetCopy = copy;
        onProgress(manifest.row.name, copy);
      },
    );
    return manifest;
  }

  /** Ends the copy of a dataset that is under way. */
  cancelCopy(reason: string): void {
    this.#datasetCopy?.cancel(reason);
  }

  /**
   * Copies blobs from all who have them, also those who come while it goes on.
   * @param onProgress Called once before anything else, and whenever something came.
   * @param holds Which of the blobs one has, where not everybody has all of them.
   * @throws LatheError where the copy fails
   */
  async copyBlobs(
    order: Pick<BlobCopyOrder, 'blobs' | 'store' | 'givenUp' | 'silenceMs'>,
    has: (other: { id: string; presence: Presence }) => boolean,
    onProgress: (copy: BlobCopy) => void,
    holds: (id: string, hash: BlobHash) => boolean = () => true,
  ): Promise<void> {
    const nextTicket = (): number => this.#nextTicket++;
    const copy: BlobCopy = new BlobCopy({ ...order, nextTicket, onProgress: () => onProgress(copy) });
    onProgress(copy);
    this.#receivers.add(copy);
    const offer = (): void => this.#offerSources(copy, has, holds);
    offer();
    const stop = this.onChange(offer);
    try {
      await copy.finished;
    } finally {
      stop();
      this.#receivers.delete(copy);
    }
  }

  /** Gives frames that come in, and refusals, to `receiver` too, until the returned function is called. */
  receiveWith(receiver: PieceReceiver): () => void {
    this.#receivers.add(receiver);
    return () => this.#receivers.delete(receiver);
  }

  /** Sends one browser a request that frames answer; its ticket. */
  request(id: string, message: (ticket: number) => LobbyMessage): number {
    const ticket = this.#nextTicket++;
    const link = this.#neighbours.get(id)?.link;
    if (link) this.#send(link, message(ticket));
    return ticket;
  }

  /** Asks one browser; null where it is silent for so long, or gone. */
  async ask(id: string, question: (ticket: number) => LobbyMessage, ms: number): Promise<LobbyMessage | null> {
    const neighbour = this.#neighbours.get(id);
    return neighbour ? this.#ask(neighbour, question, ms) : null;
  }

  /** Resolves when somebody came, went, or changed what it is; at last after so long. */
  changeWithin(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(end, ms);
      const stop = this.onChange(end);
    });
  }

  #offerSources(
    copy: BlobCopy,
    has: (other: { id: string; presence: Presence }) => boolean,
    holds: (id: string, hash: BlobHash) => boolean,
  ): void {
    for (const { id, presence, link } of this.#neighbours.values()) {
      if (!presence || !has({ id, presence })) copy.removeSource(id);
      else {
        copy.addSource({
          id,
          holds: (hash) => holds(id, hash),
          ask: (ticket, hash, start, length) => this.#send(link, { type: 'want_piece', ticket, hash, start, length }),
        });
      }
    }
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #remove(id: string): void {
    if (!this.#neighbours.delete(id)) return;
    for (const each of this.#receivers) each.removeSource(id);
    this.#changed();
  }

  /**
   * Asks one after another, the best first, also those who come while it waits, until one has an answer; null where nobody
   * had one in time.
   */
  async #askAround<T>(
    worth: (neighbour: Neighbour) => number,
    question: (ticket: number) => LobbyMessage,
    read: (answer: LobbyMessage) => T | null,
    waitMs: number,
  ): Promise<T | null> {
    const end = performance.now() + waitMs;
    const asked = new Set<Neighbour>();
    for (let left = waitMs; left > 0; left = end - performance.now()) {
      const next = [...this.#neighbours.values()]
        .filter((neighbour) => !asked.has(neighbour) && worth(neighbour) > 0)
        .sort((a, b) => worth(b) - worth(a))[0] as Neighbour | undefined;
      if (!next) {
        await this.changeWithin(left);
        continue;
      }
      asked.add(next);
      // One who is silent must not use up the time of those who could answer.
      const answer = await this.#ask(next, question, Math.min(left, ANSWER_MS / 4));
      const result = answer && read(answer);
      if (result) return result;
    }
    return null;
  }

  #ask(neighbour: Neighbour, question: (ticket: number) => LobbyMessage, ms: number): Promise<LobbyMessage | null> {
    const ticket = this.#nextTicket++;
    return new Promise((resolve) => {
      const end = (message: LobbyMessage | null): void => {
        clearTimeout(timer);
        this.#answers.delete(ticket);
        resolve(message);
      };
      const timer = setTimeout(() => end(null), ms);
      this.#answers.set(ticket, end);
      this.#send(neighbour.link, question(ticket));
    });
  }

  #read(neighbour: Neighbour, bytes: Uint8Array): void {
    const message = decodeLobbyMessage(bytes);
    if (!message) {
      this.malformed++;
      return;
    }
    switch (message.type) {
      case 'presence':
        neighbour.presence = message.presence;
        this.#changed();
        return;
      case 'describe':
        this.#answer(neighbour, this.#content.describe(), (description) => ({
          type: 'description',
          ticket: message.ticket,
          description,
        }));
        return;
      case 'want_dataset':
        this.#answer(neighbour, this.#content.manifest(message.content_hash), (manifest) => ({
          type: 'dataset',
          ticket: message.ticket,
          manifest,
        }));
        return;
      case 'want_checkpoint':
        this.askedAt = performance.now();
        this.#answer(neighbour, this.#content.checkpoint(message.step), (checkpoint) => ({
          type: 'checkpoint',
          ticket: message.ticket,
          checkpoint,
        }));
        return;
      case 'want_kept':
        this.#answer(neighbour, this.#content.kept(), (checkpoints) => ({
          type: 'kept',
          ticket: message.ticket,
          checkpoints: checkpoints ?? [],
        }));
        return;
      case 'description':
      case 'dataset':
      case 'checkpoint':
      case 'preparation':
      case 'kept':
        this.#answers.get(message.ticket)?.(message);
        return;
      case 'want_piece':
        this.askedAt = performance.now();
        neighbour.blobs.serve(message);
        return;
      case 'want_preparation':
        this.askedAt = performance.now();
        void neighbour.examples.prepare(message);
        return;
      case 'want_examples':
        this.askedAt = performance.now();
        neighbour.examples.serve(message);
        return;
      case 'no_piece':
        for (const each of this.#receivers) each.refuse(neighbour.id, message.ticket, message.reason);
    }
  }

  #answer<T>({ link }: Neighbour, work: Promise<T | null>, message: (result: T | null) => LobbyMessage): void {
    // Whoever asked goes on to the next one where this browser's own storage fails.
    void work.catch(() => null).then((result) => this.#send(link, message(result)));
  }

  #send(link: Link, message: LobbyMessage): void {
    if (!link.closed) link.send(encodeLobbyMessage(message));
  }
}

/** @throws LatheError of kind `data` where a manifest does not name the blobs of its row */
function blobsOf({ row, blobs }: Manifest): { hash: BlobHash; bytes: number }[] {
  const sizes = new Map(blobs.map(({ hash, bytes }) => [hash, bytes]));
  const wanted = blobsOfDataset(row);
  if (wanted.some((hash) => !sizes.has(hash)) || wanted.length !== blobs.length) {
    throw new LatheError('data', `The description of the dataset ${row.name} is damaged: it misses some of its data.`);
  }
  return wanted.map((hash) => ({ hash, bytes: sizes.get(hash) ?? 0 }));
}
