/**
 * Copies blobs from other browsers piece by piece, from all who have them at once. Blobs that are here already are not
 * asked for, so a copy that was cut off goes on where it stood. Each is kept only when its hash is right; one
 * that is wrong is fetched again whole from one browser at a time, and who sends a wrong one by itself is asked no more.
 */
import { LatheError } from '../../base/errors';
import { makeBlobRow } from '../../store/blobs';
import type { BlobHash, BlobRow } from '../../store/schema';
import { MOST_PIECE } from './lobby-messages';

/** Blobs that are put together at once, and held in memory meanwhile. */
const OPEN_BLOBS = 3;

/** Pieces that one browser is asked for at a time: one on its way while the next is read. */
const PIECES_A_SOURCE = 2;

/** Once everybody was silent for so long, a copy is given up: in milliseconds. */
const SILENCE_MS = 60_000;

/** After so long without a byte, a piece is asked for elsewhere: in milliseconds. */
const PIECE_MS = 20_000;

/** Where blobs end up. */
export interface CopyStore {
  has(hash: BlobHash): Promise<boolean>;
  /** @throws LatheError of kind `storage` when there is no room */
  keep(row: BlobRow): Promise<void>;
}

/** A browser that has the blobs, or some of them. */
export interface CopySource {
  id: string;
  /** Whether it has this one. */
  holds: (hash: BlobHash) => boolean;
  /** Asks for a piece; `receive` or `refuse` with the ticket follow, or nothing does. */
  ask(ticket: number, hash: BlobHash, start: number, length: number): void;
}

interface Piece {
  start: number;
  length: number;
  /** Bytes that are there: frames may come in any order, and no byte comes twice in one asking. */
  arrived: number;
  state: 'wanted' | 'asked' | 'there';
}

interface OpenBlob {
  hash: BlobHash;
  bytes: Uint8Array;
  pieces: Piece[];
  /** The only one to ask, after what several had sent together was wrong. */
  only: string | null;
  /** Those who had a try alone. */
  tried: Set<string>;
  /** Times that it was begun: what is found out about an earlier time does not count. */
  tries: number;
}

interface Asked {
  source: string;
  blob: OpenBlob;
  piece: Piece;
  /** Offsets of frames that came, so that a repeated one counts once. */
  offsets: Set<number>;
  timer: ReturnType<typeof setTimeout>;
}

/** What is copied. */
export interface BlobCopyOrder {
  blobs: { hash: BlobHash; bytes: number }[];
  store: CopyStore;
  /** Numbers for requests, each given once: others' answers to another copy are told apart by them. */
  nextTicket: () => number;
  /** Sentences that say that nobody sends it any more, and what to do. */
  givenUp: string;
  /** Milliseconds after which it is given up where nothing comes. */
  silenceMs?: number;
  onProgress: () => void;
}

/** A copy under way. */
export class BlobCopy {
  /** Resolves when all blobs are here. @throws LatheError when the data cannot be had */
  readonly finished: Promise<void>;
  readonly total: number;
  done = 0;
  readonly #store: CopyStore;
  readonly #missing: { hash: BlobHash; bytes: number }[] = [];
  readonly #open = new Set<OpenBlob>();
  readonly #sources = new Map<string, CopySource>();
  readonly #bad = new Set<string>();
  readonly #asked = new Map<number, Asked>();
  readonly #onProgress: () => void;
  #settle: { resolve: () => void; reject: (error: LatheError) => void } | null = null;
  readonly #nextTicket: () => number;
  readonly #givenUp: string;
  readonly #silenceMs: number;
  #ready = false;
  #silence: ReturnType<typeof setTimeout> | null = null;

  constructor({ blobs, store, nextTicket, givenUp, silenceMs = SILENCE_MS, onProgress }: BlobCopyOrder) {
    this.#store = store;
    this.#nextTicket = nextTicket;
    this.#givenUp = givenUp;
    this.#silenceMs = silenceMs;
    this.#onProgress = onProgress;
    this.total = blobs.reduce((sum, { bytes }) => sum + bytes, 0);
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.finished.catch(() => undefined); // Heard by whoever waits; a copy may fail before anybody does.
    void this.#begin(blobs);
  }

  /** Browsers that are asked. */
  get sources(): number {
    return this.#sources.size;
  }

  /** Asks this browser, too. */
  addSource(source: CopySource): void {
    if (this.#bad.has(source.id) || this.#sources.has(source.id)) return;
    this.#sources.set(source.id, source);
    this.#pump();
  }

  /** A browser is gone: what it was asked for is asked elsewhere. */
  removeSource(id: string): void {
    this.#drop(id);
    this.#pump();
  }

  /** Takes a part of a piece. What nobody asked for is ignored. */
  receive(source: string, ticket: number, offset: number, payload: Uint8Array): void {
    const asked = this.#asked.get(ticket);
    if (!asked || asked.source !== source || asked.offsets.has(offset)) return;
    const { blob, piece, offsets } = asked;
    if (offset + payload.length > piece.length) return;
    blob.bytes.set(payload, piece.start + offset);
    offsets.add(offset);
    piece.arrived += payload.length;
    this.done += payload.length;
    this.#watch();
    clearTimeout(asked.timer);
    if (piece.arrived < piece.length) {
      asked.timer = setTimeout(() => this.#late(ticket), PIECE_MS);
    } else {
      piece.state = 'there';
      this.#asked.delete(ticket);
      if (blob.pieces.every(({ state }) => state === 'there')) void this.#check(blob);
      this.#pump();
    }
    this.#onProgress();
  }

  /** A browser does not have a piece: it is asked for nothing more. */
  refuse(source: string, ticket: number): void {
    if (this.#asked.get(ticket)?.source !== source) return;
    this.#bad.add(source);
    this.removeSource(source);
  }

  /** Ends the copy; what was kept stays. */
  cancel(reason: string): void {
    this.#fail(new LatheError('usage', reason));
  }

  async #begin(wanted: { hash: BlobHash; bytes: number }[]): Promise<void> {
    try {
      for (const blob of wanted) {
        if (await this.#store.has(blob.hash)) this.done += blob.bytes;
        else this.#missing.push(blob);
      }
    } catch (error) {
      return this.#fail(LatheError.from(error, 'storage'));
    }
    this.#ready = true;
    this.#watch();
    this.#onProgress();
    this.#pump();
  }

  /** Gives everybody as much to do as they take. */
  #pump(): void {
    if (!this.#ready || !this.#settle) return;
    if (this.#missing.length === 0 && this.#open.size === 0) return this.#end();
    for (let given = true; given;) {
      given = false;
      for (const source of this.#sources.values()) {
        const busy = [...this.#asked.values()].filter((asked) => asked.source === source.id).length;
        if (busy < PIECES_A_SOURCE) given = this.#give(source) || given;
      }
    }
  }

  /** Asks one browser for one more piece; whether there was one for it. */
  #give(source: CopySource): boolean {
    for (const blob of this.#open) {
      if ((blob.only !== null && blob.only !== source.id) || !source.holds(blob.hash)) continue;
      const piece = blob.pieces.find(({ state }) => state === 'wanted');
      if (piece) return this.#ask(source, blob, piece);
    }
    if (this.#open.size >= OPEN_BLOBS) return false;
    const place = this.#missing.findIndex(({ hash }) => source.holds(hash));
    if (place < 0) return false;
    const [next] = this.#missing.splice(place, 1);
    const blob: OpenBlob = {
      hash: next.hash,
      bytes: new Uint8Array(next.bytes),
      pieces: piecesOf(next.bytes),
      only: null,
      tried: new Set(),
      tries: 0,
    };
    this.#open.add(blob);
    if (blob.pieces.length > 0) return this.#ask(source, blob, blob.pieces[0]);
    void this.#check(blob); // Of no bytes.
    return true;
  }

  #ask(source: CopySource, blob: OpenBlob, piece: Piece): boolean {
    const ticket = this.#nextTicket();
    piece.state = 'asked';
    piece.arrived = 0;
    const timer = setTimeout(() => this.#late(ticket), PIECE_MS);
    this.#asked.set(ticket, { source: source.id, blob, piece, offsets: new Set(), timer });
    source.ask(ticket, blob.hash, piece.start, piece.length);
    return true;
  }

  #drop(id: string): void {
    if (!this.#sources.delete(id)) return;
    for (const [ticket, { source }] of this.#asked) if (source === id) this.#giveBack(ticket);
    // What it sent of a blob that it was to send alone is not mixed with what others send.
    for (const blob of this.#open) if (blob.only === id) this.#beginAnew(blob);
  }

  #late(ticket: number): void {
    const source = this.#asked.get(ticket)?.source;
    // Alone it keeps its place: there is nobody to ask instead.
    if (source !== undefined && this.#sources.size > 1) this.removeSource(source);
    else this.#giveBack(ticket);
    this.#pump();
  }

  /** A piece is wanted again. */
  #giveBack(ticket: number): void {
    const asked = this.#asked.get(ticket);
    if (!asked) return;
    clearTimeout(asked.timer);
    this.#asked.delete(ticket);
    this.done -= asked.piece.arrived;
    asked.piece.arrived = 0;
    asked.piece.state = 'wanted';
  }

  async #check(blob: OpenBlob): Promise<void> {
    const { tries } = blob;
    try {
      const row = await makeBlobRow(blob.bytes);
      if (tries !== blob.tries) return;
      if (row.hash === blob.hash) {
        await this.#store.keep(row);
        this.#open.delete(blob);
      } else this.#again(blob);
    } catch (error) {
      return this.#fail(LatheError.from(error, 'storage'));
    }
    this.#pump();
  }

  /** What came is not what was asked for. */
  #again(blob: OpenBlob): void {
    const liar = blob.only ?? (this.#sources.size === 1 ? [...this.#sources.keys()][0] : null);
    if (liar !== null) this.#bad.add(liar);
    if (liar === null || blob.only === null || !this.#sources.has(liar)) this.#beginAnew(blob);
    if (liar !== null) this.#drop(liar);
  }

  /** Fetches a blob from its beginning, from one who had no try yet. */
  #beginAnew(blob: OpenBlob): void {
    blob.tries++;
    for (const piece of blob.pieces) {
      this.done -= piece.arrived;
      Object.assign(piece, { state: 'wanted', arrived: 0 });
    }
    const next = [...this.#sources.values()].find(
      ({ id, holds }) => !blob.tried.has(id) && !this.#bad.has(id) && holds(blob.hash),
    );
    if (next) blob.tried.add(next.id);
    blob.only = next?.id ?? null;
  }

  /** Everybody silent for long is the end of it. */
  #watch(): void {
    if (this.#silence !== null) clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#fail(new LatheError('data', this.#givenUp)), this.#silenceMs);
  }

  #end(): void {
    this.#stop()?.resolve();
  }

  #fail(error: LatheError): void {
    this.#stop()?.reject(error);
  }

  #stop(): { resolve: () => void; reject: (error: LatheError) => void } | null {
    const settle = this.#settle;
    this.#settle = null;
    if (this.#silence !== null) clearTimeout(this.#silence);
    for (const { timer } of this.#asked.values()) clearTimeout(timer);
    this.#asked.clear();
    this.#open.clear();
    return settle;
  }
}

function piecesOf(bytes: number): Piece[] {
  const pieces: Piece[] = [];
  for (let start = 0; start < bytes; start += MOST_PIECE) {
    pieces.push({ start, length: Math.min(MOST_PIECE, bytes - start), arrived: 0, state: 'wanted' });
  }
  return pieces;
}
