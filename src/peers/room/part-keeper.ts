/**
 * Sees to it that each part of the checkpoints that a group keeps in parts is with enough of its browsers: where some went,
 * others who are there copy what too few have. Every browser does its share by itself; that all know the same is not needed,
 * at worst a part has one more copy.
 */
import { COPIES } from '../../store/parts';
import type { BlobHash, BlobRow } from '../../store/schema';
import { askFor } from './checkpoint-exchange';
import type { Lobby } from './lobby';
import type { CheckpointManifest, KeptParts } from './lobby-messages';

/** How often it looks whether something has changed, in milliseconds. */
const LOOK_MS = 5_000;

/** How long others may take to answer. */
const ANSWER_MS = 2_000;

/** Once everybody was silent for so long, a copy is given up; it is tried again. */
const SILENCE_MS = 10_000;

/** Where parts are stored. */
export interface PartStore {
  /** What is here of the checkpoints of the run. */
  kept(): Promise<KeptParts[]>;
  /** Stores what is said of a checkpoint, and of its parts none. */
  adopt(manifest: CheckpointManifest): Promise<void>;
  /** Stores parts of the checkpoint of a step, where that is not deleted. */
  keep(step: number, blobs: BlobRow[]): Promise<void>;
  /** A part has nobody left who is here. */
  lost(step: number, parts: number[]): Promise<void>;
}

/** What a browser has of a checkpoint: whether each part is there. */
type Holding = ReadonlyMap<string, string>;

/**
 * Parts of a checkpoint that fall to one browser, by their place: of those that too few of `present` have. Null for a part
 * that nobody has.
 * @param holdings Of browsers by their id: a digit for each part, 1 where it has it. Others than those in `present` may go
 *   any moment: they do not count, but can be copied from.
 */
export function partsToCopy(
  me: string,
  present: readonly string[],
  holdings: Holding,
): { copy: number[]; lost: number[] } {
  const ids = [...present].sort();
  const count = Math.max(0, ...[...holdings.values()].map(({ length }) => length));
  const copy: number[] = [];
  const lost: number[] = [];
  for (let part = 0; part < count; part++) {
    if (![...holdings.values()].some((here) => here[part] === '1')) {
      lost.push(part);
      continue;
    }
    const lacking = ids.filter((id) => holdings.get(id)?.[part] !== '1');
    const wanted = Math.min(COPIES, ids.length) - (ids.length - lacking.length);
    // From another one on after some parts, so that the work is shared.
    const turn = lacking.length > 0 ? Math.floor(part / ids.length) % lacking.length : 0;
    if ([...lacking.slice(turn), ...lacking.slice(0, turn)].slice(0, Math.max(0, wanted)).includes(me)) copy.push(part);
  }
  return { copy, lost };
}

/** The keeper at one browser. */
export class PartKeeper {
  readonly #lobby: Lobby;
  readonly #me: string;
  readonly #store: PartStore;
  #timer: ReturnType<typeof setInterval> | null = null;
  #busy = false;
  /** Who was there and what was kept when nothing had to be done. */
  #settled = '';
  /** What had to be done the last time: it is done when that is so twice. What is being written anyway needs no copy. */
  #due = new Set<string>();
  #told = new Set<string>();

  /** @param me Own id in the room. */
  constructor(lobby: Lobby, me: string, store: PartStore) {
    this.#lobby = lobby;
    this.#me = me;
    this.#store = store;
  }

  start(everyMs = LOOK_MS): void {
    this.#timer ??= setInterval(() => void this.#look(), everyMs);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #look(): Promise<void> {
    const { training, ending } = this.#lobby.presence;
    if (this.#busy || !training || ending !== null) return;
    this.#busy = true;
    try {
      await this.#tend();
    } catch {
      // A copy that came to nothing, or a full disk: it is tried again, and the run itself says what keeps it.
    } finally {
      this.#busy = false;
    }
  }

  async #tend(): Promise<void> {
    const others = this.#lobby.others.filter(({ presence }) => presence.role !== 'visitor');
    const present = others.filter(({ presence }) => presence.training).map(({ id }) => id);
    const own = await this.#store.kept();
    const state = JSON.stringify([[...present].sort(), own.map(({ step, here }) => [step, here])]);
    if (state === this.#settled) return;
    const told = new Map(
      await Promise.all(others.map(async ({ id }): Promise<[string, KeptParts[]]> => [id, await this.#ask(id)])),
    );
    const due = new Set<string>();
    for (const [step, holdings] of holdingsOf(new Map([...told, [this.#me, own]]))) {
      const { copy, lost } = partsToCopy(this.#me, [this.#me, ...present], holdings);
      const wanted = copy.map((part) => ({ part, key: `${step} ${part}` }));
      for (const { key } of wanted) due.add(key);
      const again = wanted.filter(({ key }) => this.#due.has(key)).map(({ part }) => part);
      if (again.length > 0) await this.#copy(step, again, holdings);
      if (!(await this.#tellLost(step, lost))) for (const part of lost) due.add(`${step} ${part}`);
    }
    this.#due = due;
    this.#settled = due.size === 0 ? state : '';
  }

  async #ask(id: string): Promise<KeptParts[]> {
    const answer = await this.#lobby.ask(id, (ticket) => ({ type: 'want_kept', ticket }), ANSWER_MS);
    return answer?.type === 'kept' ? answer.checkpoints : [];
  }

  async #copy(step: number, parts: number[], holdings: Holding): Promise<void> {
    const sources = [...holdings.keys()].filter((id) => id !== this.#me);
    const manifests = await Promise.all(sources.map((id) => askFor(this.#lobby, id, step)));
    const manifest = manifests.find((found) => found !== null);
    const cut = manifest?.parts;
    if (!cut) return;
    if (!holdings.has(this.#me)) await this.#store.adopt(manifest);
    const wanted = new Map(parts.map((part) => [cut.hashes[part], cut.bytes[part]]));
    const holds = new Map<string, Set<BlobHash>>();
    for (const [i, id] of sources.entries()) {
      const here = manifests[i]?.blobs.filter((blob) => blob.here) ?? [];
      holds.set(id, new Set(here.map(({ hash }) => hash)));
    }
    await this.#lobby.copyBlobs(
      {
        blobs: [...wanted].map(([hash, bytes]) => ({ hash, bytes })),
        store: { has: async () => false, keep: (row) => this.#store.keep(step, [row]) },
        silenceMs: SILENCE_MS,
        givenUp: `Nobody in the room sends parts of the checkpoint of step ${step}.`,
      },
      ({ id }) => holds.has(id),
      () => undefined,
      (id, hash) => holds.get(id)?.has(hash) ?? false,
    );
  }

  /** Says so once that parts are gone, and whether it did: others may be writing theirs at the moment. */
  async #tellLost(step: number, lost: number[]): Promise<boolean> {
    const key = `${step} ${lost.join()}`;
    if (this.#told.has(key)) return true;
    if (lost.length === 0 || !lost.every((part) => this.#due.has(`${step} ${part}`))) return false;
    this.#told.add(key);
    await this.#store.lost(step, lost);
    return true;
  }
}

/** By step: what each has of the checkpoint that most of them have there. */
function holdingsOf(told: ReadonlyMap<string, KeptParts[]>): Map<number, Map<string, string>> {
  const bySteps = new Map<number, Map<string, Map<string, string>>>();
  for (const [id, checkpoints] of told) {
    for (const { step, weights, here } of checkpoints) {
      const atStep = bySteps.get(step) ?? new Map<string, Map<string, string>>();
      bySteps.set(step, atStep);
      const key = `${weights} ${here.length}`;
      const holdings = atStep.get(key) ?? new Map<string, string>();
      atStep.set(key, holdings);
      holdings.set(id, here);
    }
  }
  return new Map(
    [...bySteps].map(([step, atStep]) => [step, [...atStep.values()].reduce((a, b) => (b.size > a.size ? b : a))]),
  );
}
