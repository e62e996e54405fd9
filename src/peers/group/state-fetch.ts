/**
 * How one that joins gets the state: the list of its pieces from one member, the pieces striped from all, each checked by its
 * hash. Where a piece is wrong whoever gives it, or the whole is not what the group has, the list is to blame: the next
 * member is asked for its own, and pieces that are in both stay.
 */
import { sha256 } from '../../base/hash';
import { LatheError } from '../../base/errors';
import type { CollectiveState } from '../../training/collective';
import { CHUNK_BYTES } from '../replica/snapshot';
import type { DropReason } from '../status';
import { Assembly } from '../wire/assembly';
import type { Frame } from '../wire/frame';
import type { AwakeClock } from './awake-clock';
import type { Message, MessageOf } from './messages';
import type { Timing } from './parts';
import type { Point } from './view';

/** What a fetch needs of its peer. */
export interface FetchHost {
  readonly timing: Timing;
  readonly clock: AwakeClock;
  /** Ids of the members that have a link, the coordinator first. */
  sources(): string[];
  send(id: string, message: Message): void;
  fromChunks(chunks: readonly Uint8Array[]): CollectiveState;
  drop(reason: DropReason): void;
  /** Takes the parameters. @throws LatheError where they are not those of the group. */
  takes(state: CollectiveState, update: number, at: Point): void;
  /** All is there. */
  onState(at: Point, training: string): void;
  /** It did not come to an end: another try is needed. */
  onFailed(reason: string): void;
}

/** Pieces that one member is asked for at a time. */
const AT_ONCE = 4;

/** Rounds of asking without an answer after which another state is asked for. */
const MOST_FAILURES = 4;

/** Lists that are refused before that. */
const MOST_REFUSED = 16;

interface Piece {
  sha256: string;
  length: number;
  assembly: Assembly | null;
  from: string | null;
  /** Who gave a wrong one, or none. */
  wrong: Set<string>;
  checking: boolean;
  bytes: Uint8Array | null;
}

/** One fetch of the state after one transaction. */
export class StateFetch {
  private list: MessageOf<'list'> | null = null;
  private training: string | null = null;
  private pieces: Piece[] = [];
  private askedAt = -Infinity;
  /** Who was asked for the list and the training state. */
  private readonly asked = new Set<string>();
  private listFrom = '';
  private refused = 0;
  private turn = -1;
  private failures = 0;
  /** Who was asked last. */
  private readonly askedLast: { list: string | null; training: string | null } = { list: null, training: null };
  /** Who has said that it does not have it. */
  private readonly without = { list: new Set<string>(), training: new Set<string>() };
  private readonly heardAt = new Map<string, number>();
  private over = false;

  constructor(
    readonly seq: number,
    private readonly host: FetchHost,
  ) {}

  cancel(): void {
    this.over = true;
  }

  /** Asks for what is missing; called from time to time. */
  tick(): void {
    if (this.over) return;
    const now = this.host.clock.now();
    const sources = this.host.sources();
    if (sources.length === 0) return;
    if ((!this.list || this.training === null) && now - this.askedAt >= this.host.timing.fetch) {
      if (this.failures++ >= MOST_FAILURES) {
        this.fail('nobody had the state to begin with');
        return;
      }
      this.askedAt = now;
      this.turn++;
      if (!this.list) this.askFor('list', sources);
      if (this.training === null) this.askFor('training', sources);
      if (this.over) return;
    }
    for (const what of ['list', 'training'] as const) {
      const source = this.askedLast[what];
      const missing = what === 'list' ? !this.list : this.training === null;
      if (missing && source !== null && !sources.includes(source)) this.askFor(what, sources);
      if (this.over) return;
    }
    if (!this.list) return;
    for (const piece of this.pieces) {
      if (piece.from === null || piece.bytes || piece.checking) continue;
      const silent = now - (this.heardAt.get(piece.from) ?? now) >= this.host.timing.fetch;
      if (silent || !sources.includes(piece.from)) this.isWrong(piece, piece.from);
    }
    this.ask(sources);
  }

  private askFor(what: 'list' | 'training', sources: string[]): void {
    const able = sources.filter((id) => !this.without[what].has(id));
    if (able.length === 0) this.fail('nobody has the state to begin with');
    else {
      const source = able[this.turn % able.length];
      this.askedLast[what] = source;
      this.asked.add(source);
      this.host.send(source, { type: `ask_${what}`, seq: this.seq });
    }
  }

  /** A member does not have what it was asked for: the next one is. */
  onNoState(from: string, { seq, what }: MessageOf<'no_state'>): void {
    const there = (what === 'list' ? this.list : this.training) !== null;
    if (this.over || seq !== this.seq || there || !this.asked.has(from)) {
      this.host.drop('stale');
      return;
    }
    this.without[what].add(from);
    const sources = this.host.sources();
    if (sources.length > 0) this.askFor(what, sources);
  }

  private ask(sources: string[]): void {
    const now = this.host.clock.now();
    for (const source of sources) {
      let room = AT_ONCE - this.pieces.filter(({ from, bytes }) => from === source && !bytes).length;
      const chunks: number[] = [];
      for (let index = 0; index < this.pieces.length && room > 0; index++) {
        const piece = this.pieces[index];
        if (piece.from !== null || piece.bytes) continue;
        if (sources.every((other) => piece.wrong.has(other))) {
          this.refuseList();
          return;
        }
        if (piece.wrong.has(source)) continue;
        piece.from = source;
        chunks.push(index);
        room--;
      }
      if (chunks.length === 0) continue;
      this.heardAt.set(source, now);
      this.host.send(source, { type: 'fetch', seq: this.seq, chunks });
    }
  }

  private isWrong(piece: Piece, from: string): void {
    piece.wrong.add(from);
    piece.from = null;
    piece.assembly = null;
  }

  /** Asks the next member for its list. */
  private refuseList(): void {
    this.list = null;
    this.asked.delete(this.listFrom);
    this.askedAt = -Infinity;
    if (this.refused++ >= MOST_REFUSED) this.fail('its pieces did not arrive whole');
    else this.tick();
  }

  onList(from: string, message: MessageOf<'list'>): void {
    const { at, update, bytes, sha256: hashes } = message;
    if (this.over || this.list || at.seq !== this.seq || !this.asked.has(from)) {
      this.host.drop(this.list ? 'replayed' : 'stale');
      return;
    }
    this.listFrom = from;
    if (hashes.length !== Math.max(1, Math.ceil(bytes / CHUNK_BYTES)) || update > at.seq) {
      this.host.drop('malformed');
      this.refuseList();
      return;
    }
    this.list = message;
    this.failures = 0;
    const before = this.pieces;
    this.pieces = hashes.map((hash, index) => {
      const length = index === hashes.length - 1 ? bytes - index * CHUNK_BYTES : CHUNK_BYTES;
      const known = before.at(index);
      const there = known?.sha256 === hash && known.length === length ? known.bytes : null;
      return {
        sha256: hash,
        length,
        assembly: null,
        from: null,
        wrong: new Set<string>(),
        checking: false,
        bytes: there,
      };
    });
    this.tick();
    this.finish();
  }

  onTraining(from: string, { seq, training }: MessageOf<'training'>): void {
    if (this.over || seq !== this.seq || this.training !== null) return;
    if (!isJson(training)) {
      this.host.drop('malformed');
      if (this.asked.delete(from)) this.askedAt = -Infinity;
      this.tick();
      return;
    }
    this.training = training;
    this.finish();
  }

  /** A frame of phase `state`. */
  onFrame(from: string, frame: Frame): DropReason | null {
    if (this.over || !this.list || frame.seq !== Math.max(0, this.seq)) return 'stale';
    if (frame.node >= this.pieces.length) return 'malformed';
    const piece = this.pieces[frame.node];
    if (piece.bytes || piece.checking) return 'replayed';
    if (piece.from !== from) return 'stale';
    if (frame.total !== piece.length) return 'length';
    this.heardAt.set(from, this.host.clock.now());
    piece.assembly ??= new Assembly(new Uint8Array(piece.length));
    if (!piece.assembly.add(frame)) return 'replayed';
    if (piece.assembly.complete) this.check(piece, piece.assembly.bytes, from);
    return null;
  }

  private check(piece: Piece, bytes: Uint8Array, from: string): void {
    piece.checking = true;
    void sha256(bytes).then((hash) => {
      piece.checking = false;
      if (this.over) return;
      if (hash === piece.sha256) piece.bytes = bytes;
      else {
        this.host.drop('checksum');
        this.isWrong(piece, from);
      }
      piece.assembly = null;
      this.tick();
      this.finish();
    });
  }

  private finish(): void {
    if (this.over || !this.list || this.training === null) return;
    const chunks = this.pieces.flatMap(({ bytes }) => (bytes ? [bytes] : []));
    if (chunks.length < this.pieces.length) return;
    const { at, update } = this.list;
    try {
      this.host.takes(this.host.fromChunks(chunks), update, at);
    } catch (thrown) {
      if (!(thrown instanceof LatheError)) throw thrown;
      // What a list promised came, and is not the group's state.
      this.host.drop('checksum');
      this.pieces = [];
      this.refuseList();
      return;
    }
    this.over = true;
    this.host.onState(at, this.training);
  }

  private fail(reason: string): void {
    this.over = true;
    this.host.onFailed(reason);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // The caller counts it as malformed.
  }
}
