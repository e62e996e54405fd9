/**
 * Examples that this browser trains on and does not have: asked of those who have the data, the host before others, a few
 * answers at a time. Nobody is bound to answer: who is silent for long is asked last, and where nobody is left the request
 * waits for somebody to come, as long as a group waits.
 */
import { deferred, type Deferred } from '../../base/deferred';
import { LatheError } from '../../base/errors';
import type { BlobHash } from '../../store/schema';
import type { CopyStore } from './blob-copy';
import type { Lobby, PieceReceiver } from './lobby';
import { MOST_INDICES, type LobbyMessage } from './lobby-messages';

/** Longest answer that is asked for, in bytes, where it is of more than one example. */
const MOST_ANSWER = 2 ** 20;

/** Answers that one browser is asked for at a time. */
const WINDOW = 4;

/** Without a byte for so long, an answer is asked for again, of somebody else where there is somebody: in milliseconds. */
const ANSWER_MS = 15_000;

/** How long one may take to make its data ready. */
const PREPARE_MS = 180_000;

/** After so long without a byte it is told that training waits. */
const TELL_MS = 5_000;

/** How long nobody is waited for any more, once that is asked. */
const HURRY_MS = 5_000;

/** After a refusal one is left in peace for so long; after so many in a row for good. */
const AGAIN_MS = 1_000;
const MOST_REFUSALS = 2 * WINDOW;

/** How often it is looked for what is late. */
const LOOK_MS = 500;

/** How the way of the examples is. */
export interface ExampleTraffic {
  /** Bytes of examples that came. */
  received: number;
  /** Browsers that can be asked. */
  sources: number;
  /** Why training waits, in a sentence; null where it does not. */
  waiting: string | null;
}

/** Some examples that are wanted. */
interface Call {
  ticket: number;
  indices: Uint32Array;
  /** Of one example, in bytes. */
  each: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** Parts that are not there yet. */
  left: number;
  resolve: (bytes: Uint8Array<ArrayBuffer>) => void;
  reject: (error: LatheError) => void;
}

/** A part of a call: one answer. */
interface Part {
  call: Call;
  /** Examples of the call, `[from, to)`. */
  from: number;
  to: number;
}

interface Asked {
  source: string;
  part: Part;
  arrived: number;
  /** Offsets of frames that came, so that a repeated one counts once. */
  offsets: Set<number>;
  at: number;
}

/** Somebody who says that it has the data. */
interface Source {
  /** `unknown`: its data was not compared yet. */
  state: 'unknown' | 'asked' | 'ready' | 'useless';
  /** It was silent for long. */
  late: boolean;
  /** Times in a row that it refused, and when it may be asked again. */
  refusals: number;
  again: number;
}

/** Requests of one run. */
export class ExampleRequests implements PieceReceiver {
  readonly #lobby: Lobby;
  readonly #contentHash: string;
  readonly #waitMs: number;
  readonly #changed: () => void;
  readonly #sources = new Map<string, Source>();
  readonly #urgent: Part[] = [];
  readonly #ahead: Part[] = [];
  readonly #asked = new Map<number, Asked>();
  readonly #calls = new Map<number, Call>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #stopListening: () => void;
  readonly #stopReceiving: () => void;
  /** What is known of the data: whoever has other data cannot help. */
  #known: { hash: BlobHash; bytes: Uint8Array<ArrayBuffer> } | null = null;
  #preparing: Deferred<Uint8Array<ArrayBuffer>> | null = null;
  /** Since when nothing came that was wanted; null while nothing is wanted. */
  #stalledAt: number | null = null;
  #hurries = false;
  #received = 0;
  #waiting: string | null = null;
  /** Why somebody who was asked could not help. */
  #refusal: string | null = null;
  #ended: LatheError | null = null;

  /**
   * @param contentHash Of the dataset.
   * @param waitMs How long nobody may answer before it is given up.
   * @param changed Called when `traffic` may have changed.
   */
  constructor(lobby: Lobby, contentHash: string, waitMs: number, changed: () => void) {
    this.#lobby = lobby;
    this.#contentHash = contentHash;
    this.#waitMs = waitMs;
    this.#changed = changed;
    this.#stopListening = lobby.onChange(() => this.#look());
    this.#stopReceiving = lobby.receiveWith(this);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  get traffic(): ExampleTraffic {
    const sources = [...this.#sources.values()].filter(({ state }) => state !== 'useless').length;
    return { received: this.#received, sources, waiting: this.#waiting };
  }

  /** A trainer begins, or begins again: what another asked for is void. */
  begin(): void {
    for (const { ticket } of [...this.#calls.values()]) this.drop(ticket);
    this.#hurries = false;
    this.#stalledAt = null;
  }

  /** What is to be known of the data. @throws LatheError of kind `group` where nobody tells it for too long */
  async preparation(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#ended) throw this.#ended;
    if (this.#known) return this.#known.bytes;
    this.#preparing ??= deferred();
    this.#stalledAt ??= performance.now();
    this.#look();
    return this.#preparing.promise;
  }

  /** Encoded examples. @throws LatheError of kind `group` where nobody sends them for too long */
  async examples(
    ticket: number,
    indices: Uint32Array,
    each: number,
    urgent: boolean,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#ended) throw this.#ended;
    const { promise, resolve, reject } = deferred<Uint8Array<ArrayBuffer>>();
    const size = Math.max(1, Math.min(MOST_INDICES, Math.floor(MOST_ANSWER / each)));
    const left = Math.ceil(indices.length / size);
    const call: Call = { ticket, indices, each, bytes: new Uint8Array(indices.length * each), left, resolve, reject };
    this.#calls.set(ticket, call);
    for (let from = 0; from < indices.length; from += size) {
      (urgent ? this.#urgent : this.#ahead).push({ call, from, to: Math.min(from + size, indices.length) });
    }
    this.#stalledAt ??= performance.now();
    this.#pump();
    return promise;
  }

  /** A call is not wanted any more. What was asked for already may still come, for nothing. */
  drop(ticket: number): void {
    const call = this.#calls.get(ticket);
    if (!call) return;
    this.#forget(call);
    call.reject(new LatheError('group', 'These examples are not wanted any more.'));
    this.#settle();
  }

  /** From now on nobody is waited for who does not send. */
  hurry(): void {
    this.#hurries = true;
  }

  /** Ends all. */
  close(reason: string): void {
    this.#fail(new LatheError('group', reason));
    this.#stopListening();
    this.#stopReceiving();
    clearInterval(this.#timer);
  }

  receive(source: string, ticket: number, offset: number, payload: Uint8Array): void {
    const asked = this.#asked.get(ticket);
    if (!asked || asked.source !== source || asked.offsets.has(offset)) return;
    const { part } = asked;
    const { call, from, to } = part;
    if (offset + payload.length > (to - from) * call.each) return;
    call.bytes.set(payload, from * call.each + offset);
    asked.offsets.add(offset);
    asked.arrived += payload.length;
    this.#received += payload.length;
    const now = performance.now();
    asked.at = now;
    this.#stalledAt = now;
    const known = this.#sources.get(source);
    if (known) Object.assign(known, { late: false, refusals: 0 });
    if (asked.arrived < (to - from) * call.each) return;
    this.#asked.delete(ticket);
    if (--call.left === 0) {
      this.#calls.delete(call.ticket);
      call.resolve(call.bytes);
    }
    this.#settle();
    this.#pump();
  }

  refuse(source: string, ticket: number, reason: string): void {
    if (this.#asked.get(ticket)?.source !== source) return;
    this.#refusal = reason;
    this.#giveBack(ticket);
    const known = this.#sources.get(source);
    if (known) {
      known.again = performance.now() + AGAIN_MS;
      if (++known.refusals >= MOST_REFUSALS) known.state = 'useless';
    }
    this.#pump();
  }

  removeSource(id: string): void {
    this.#sources.delete(id);
    this.#takeBack(id);
    this.#pump();
  }

  /** Sees who is there, what is late, and how long training has waited. */
  #look(): void {
    if (this.#ended) return;
    const holders = new Set(
      this.#lobby.others.filter(({ presence }) => presence.dataset === this.#contentHash).map(({ id }) => id),
    );
    for (const id of this.#sources.keys()) {
      if (holders.has(id)) continue;
      this.#sources.delete(id);
      this.#takeBack(id);
    }
    for (const id of holders) {
      if (this.#sources.has(id)) continue;
      const source: Source = { state: 'unknown', late: false, refusals: 0, again: 0 };
      this.#sources.set(id, source);
    }
    const now = performance.now();
    for (const [ticket, { source, at }] of this.#asked) {
      if (now - at < ANSWER_MS) continue;
      const known = this.#sources.get(source);
      if (known) known.late = true;
      this.#giveBack(ticket);
    }
    this.#pump();
    this.#tell(now);
  }

  /** Tells that training waits, and gives it up after too long. */
  #tell(now: number): void {
    const waited = this.#stalledAt === null ? 0 : now - this.#stalledAt;
    const some = [...this.#sources.values()].some(({ state }) => state !== 'useless');
    const why = some
      ? 'Whoever has the data of this run does not send it.'
      : 'Nobody who has the data of this run is in the room.';
    const waiting = waited < TELL_MS ? null : `${why} Training waits for it.`;
    if (waiting !== this.#waiting) {
      this.#waiting = waiting;
      this.#changed();
    }
    if (waited < (this.#hurries ? HURRY_MS : this.#patience())) return;
    const refusal = this.#refusal === null ? '' : ` The last one who was asked said: ${this.#refusal}`;
    this.#fail(new LatheError('group', `${why}${refusal} Resume the run when whoever hosts it is back.`));
    this.#ended = null;
    this.#stalledAt = null;
  }

  /** Making a large dataset ready takes a while, however long a group waits. */
  #patience(): number {
    const preparing = [...this.#sources.values()].some(({ state }) => state === 'asked');
    return preparing ? Math.max(this.#waitMs, PREPARE_MS) : this.#waitMs;
  }

  /** Gives whoever can be asked as much as they take. */
  #pump(): void {
    if (this.#ended || (!this.#preparing && this.#calls.size === 0)) return;
    for (const id of this.#preferred()) {
      const source = this.#sources.get(id);
      if (source?.state === 'unknown') void this.#compare(id, source);
      if (source?.state !== 'ready' || performance.now() < source.again) continue;
      let busy = [...this.#asked.values()].filter((asked) => asked.source === id).length;
      for (; busy < WINDOW; busy++) {
        const part = this.#urgent.shift() ?? this.#ahead.shift();
        if (!part) return;
        const { call, from, to } = part;
        const ticket = this.#lobby.request(id, (own) => ({
          type: 'want_examples',
          ticket: own,
          indices: [...call.indices.subarray(from, to)],
        }));
        this.#asked.set(ticket, { source: id, part, arrived: 0, offsets: new Set(), at: performance.now() });
      }
    }
  }

  /** Those to be asked now: the host; where it is away or late, all others; where all are late, everybody. */
  #preferred(): string[] {
    const usable = this.#lobby.others.filter(({ id }) => {
      const source = this.#sources.get(id);
      return source && source.state !== 'useless';
    });
    const prompt = usable.filter(({ id }) => !this.#sources.get(id)?.late);
    const hosts = prompt.filter(({ presence }) => presence.role === 'host');
    const chosen = hosts.length > 0 ? hosts : prompt.length > 0 ? prompt : usable;
    return chosen.map(({ id }) => id);
  }

  /** Finds out whether somebody's data is the run's: what is known of it has a hash. */
  async #compare(id: string, source: Source): Promise<void> {
    source.state = 'asked';
    const content_hash = this.#contentHash;
    const question = (ticket: number): LobbyMessage => ({ type: 'want_preparation', ticket, content_hash });
    try {
      const answer = await this.#lobby.ask(id, question, PREPARE_MS);
      const told = answer?.type === 'preparation' ? answer : null;
      if (!told?.blob) throw new LatheError('group', told?.reason ?? 'Its data was not made ready in time.');
      const { hash } = told.blob;
      this.#known ??= { hash, bytes: await this.#copy(id, told.blob) };
      if (this.#known.hash !== hash) throw new LatheError('group', 'Its data is prepared in another way.');
      source.state = 'ready';
      this.#preparing?.resolve(this.#known.bytes);
      this.#preparing = null;
      this.#stalledAt = this.#calls.size > 0 ? performance.now() : null;
    } catch (error) {
      this.#refusal = LatheError.from(error).message;
      source.state = 'useless';
    }
    this.#changed();
    this.#look();
  }

  async #copy(id: string, blob: { hash: BlobHash; bytes: number }): Promise<Uint8Array<ArrayBuffer>> {
    let copied = new Blob();
    const store: CopyStore = {
      has: async () => false,
      keep: async (row) => void (copied = row.blob),
    };
    const order = { blobs: [blob], store, givenUp: 'It did not say what its data is like.' };
    await this.#lobby.copyBlobs(
      order,
      (other) => other.id === id,
      () => (this.#stalledAt &&= performance.now()),
    );
    return new Uint8Array(await copied.arrayBuffer());
  }

  /** What a browser was asked for is wanted again. */
  #takeBack(source: string): void {
    for (const [ticket, asked] of this.#asked) if (asked.source === source) this.#giveBack(ticket);
  }

  #giveBack(ticket: number): void {
    const asked = this.#asked.get(ticket);
    if (asked && this.#asked.delete(ticket)) this.#urgent.unshift(asked.part);
  }

  #forget(call: Call): void {
    this.#calls.delete(call.ticket);
    for (const [ticket, { part }] of this.#asked) if (part.call === call) this.#asked.delete(ticket);
    for (const queue of [this.#urgent, this.#ahead]) {
      for (let i = queue.length - 1; i >= 0; i--) if (queue[i].call === call) queue.splice(i, 1);
    }
  }

  #settle(): void {
    if (this.#calls.size === 0 && !this.#preparing) this.#stalledAt = null;
  }

  #fail(error: LatheError): void {
    this.#ended = error;
    this.#preparing?.reject(error);
    this.#preparing = null;
    for (const call of [...this.#calls.values()]) {
      this.#forget(call);
      call.reject(error);
    }
  }
}
