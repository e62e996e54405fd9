/**
 * Checkpoints that browsers of a room give each other. At the end of their run whoever lacks one, or parts of it, asks the
 * others, and nobody goes while somebody may still ask. At the beginning whoever is to go on from a checkpoint that they
 * keep in parts collects those.
 */
import { LatheError } from '../../base/errors';
import { missingPartsSentence } from '../../store/parts';
import type { BlobHash, BlobRow } from '../../store/schema';
import type { SharedCheckpoint } from '../../training/collective';
import type { CheckpointMessage, PeerMessage } from '../trainer-port';
import type { CopyStore } from './blob-copy';
import type { Lobby } from './lobby';
import type { CheckpointManifest, Presence } from './lobby-messages';

/** How long others may take until they have written what they keep, in milliseconds. */
const LOOK_MS = 8_000;

/** How long one of them may take to answer. */
const ANSWER_MS = 2_000;

/** How long to wait before somebody who still writes is asked again. */
const AGAIN_MS = 300;

/** Once everybody was silent for so long, a copy is given up. */
const SILENCE_MS = 10_000;

/** How long a browser stays for others that have not said that they want nothing more. */
const STAY_MS = 10_000;

/** It stays longer while it is asked: so long after the last time, and at most so long altogether. */
const ASKED_MS = 2_000;
const LONGEST_STAY_MS = 60_000;

/** What the exchange is made of. */
export interface ExchangeParts {
  lobby: Lobby;
  /** Answers the own trainer. */
  post: (message: PeerMessage) => void;
  /** Whether a blob is here, undamaged. */
  has: (hash: BlobHash) => Promise<boolean>;
}

/** A checkpoint that others have: what its row says, and which blobs each of them holds. */
interface Found {
  manifest: CheckpointManifest;
  holdings: Map<string, Set<BlobHash>>;
}

/** The exchange at one browser. */
export class CheckpointExchange {
  /** How far this browser is with the end of its run, for the others to know. */
  ending: Presence['ending'] = null;
  readonly #parts: ExchangeParts;
  /** Until when parts of a checkpoint are waited for that the run is to go on from. */
  #patience = 0;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
  }

  /**
   * A trainer begins, or begins again.
   * @param waitMs How long it waits for those who keep parts of the checkpoint that it goes on from.
   */
  begin(waitMs: number): void {
    this.#patience = performance.now() + waitMs;
    this.#tell(null);
  }

  /** A message of the own trainer. */
  receive(message: CheckpointMessage): void {
    if (message.type === 'satisfied') return this.#tell('satisfied');
    const { type, ticket, step } = message;
    if (type === 'want_checkpoint' && this.ending === null) this.#tell('seeking');
    const { post } = this.#parts;
    (type === 'recover' ? this.#recover(step) : this.fetch(step)).then(
      (checkpoint) => post({ type: 'checkpoint', ticket, checkpoint, reason: null }),
      (error: unknown) =>
        post({ type: 'checkpoint', ticket, checkpoint: null, reason: LatheError.from(error).message }),
    );
  }

  /**
   * Where the own run has ended: resolves once all others want nothing more, or are gone. One that trains and never comes
   * to its end is waited for some seconds, and longer only while it copies.
   */
  async stay(): Promise<void> {
    if (this.ending === null) return;
    const { lobby } = this.#parts;
    const begun = performance.now();
    for (;;) {
      const now = performance.now();
      const asked = now - lobby.askedAt < ASKED_MS;
      if (!asked && !lobby.others.some(({ presence }) => mayAsk(presence))) return;
      if (now - begun >= (asked ? LONGEST_STAY_MS : STAY_MS)) return;
      await lobby.changeWithin(AGAIN_MS);
    }
  }

  #tell(ending: Presence['ending']): void {
    if (ending === this.ending) return;
    this.ending = ending;
    const { lobby } = this.#parts;
    lobby.announce({ ...lobby.presence, ending });
  }

  /** The checkpoint of a step; null where nobody has it. @throws LatheError where it cannot be put together, or copied */
  async fetch(step: number): Promise<SharedCheckpoint | null> {
    const { lobby } = this.#parts;
    const end = performance.now() + LOOK_MS;
    const asked = new Set<string>();
    const answers = new Map<string, CheckpointManifest>();
    for (;;) {
      const others = lobby.others.filter(({ id, presence }) => presence.role !== 'visitor' && !asked.has(id));
      // Who says that all is written before it is asked need not be asked again.
      for (const { id, presence } of others) if (presence.ending !== null || !presence.training) asked.add(id);
      await this.#askAll(others, step, answers);
      const found = mostNamed(answers);
      const missing = found && (await this.#missingOf(found));
      if (found && missing?.length === 0) return this.#copy(found);
      if (others.every(({ id }) => asked.has(id)) || performance.now() >= end) {
        if (missing) throw incomplete(found.manifest, missing);
        return null;
      }
      await lobby.changeWithin(AGAIN_MS);
    }
  }

  /**
   * The checkpoint of a step that a run goes on from, where this browser is to begin its group anew: waits for those who
   * keep the parts that are not here. Null where it is not to begin one.
   * @throws LatheError that says what is missing
   */
  async #recover(step: number): Promise<SharedCheckpoint | null> {
    const { lobby } = this.#parts;
    const answers = new Map<string, CheckpointManifest>();
    for (;;) {
      if (lobby.presence.role !== 'host' || lobby.presences.some(({ training }) => training)) return null;
      const others = lobby.others.filter(({ presence }) => presence.role !== 'visitor');
      await this.#askAll(others, step, answers);
      const found = mostNamed(answers);
      const missing = found && (await this.#missingOf(found));
      if (found && missing?.length === 0) return this.#copy(found);
      // All are here who kept it: there is nobody to wait for.
      const all = found && answers.size + 1 >= (found.manifest.parts?.keepers.length ?? 1);
      if (all || performance.now() >= this.#patience) {
        if (missing) throw incomplete(found.manifest, missing);
        throw new LatheError('group', `Nobody who is in the room has anything of the checkpoint of step ${step}.`);
      }
      await lobby.changeWithin(AGAIN_MS);
    }
  }

  /** Parts of a checkpoint, by their place, that nobody has; not empty either where somebody has it whole, and has gone. */
  async #missingOf({ manifest, holdings }: Found): Promise<number[]> {
    const there = new Set<BlobHash>([...holdings.values()].flatMap((held) => [...held]));
    for (const { hash } of manifest.blobs) if (!there.has(hash) && (await this.#parts.has(hash))) there.add(hash);
    const hashes = manifest.parts?.hashes ?? manifest.blobs.map(({ hash }) => hash);
    return hashes.flatMap((hash, part) => (there.has(hash) ? [] : [part]));
  }

  async #copy({ manifest, holdings }: Found): Promise<SharedCheckpoint> {
    const { blobs, ...row } = manifest;
    const rows = new Map<BlobHash, BlobRow>();
    // Kept in memory: they are stored together, with their row.
    const store: CopyStore = {
      has: this.#parts.has,
      keep: async (blob) => void rows.set(blob.hash, blob),
    };
    const order = {
      blobs,
      store,
      silenceMs: SILENCE_MS,
      givenUp: `Nobody in the room sends the checkpoint of step ${row.step} any more.`,
    };
    await this.#parts.lobby.copyBlobs(
      order,
      ({ id }) => holdings.has(id),
      () => undefined,
      (id, hash) => holdings.get(id)?.has(hash) ?? false,
    );
    return { row, blobs: [...rows.values()] };
  }

  /** Asks for the checkpoint of a step; what is known of those who have gone is forgotten. */
  async #askAll(others: { id: string }[], step: number, answers: Map<string, CheckpointManifest>): Promise<void> {
    const { lobby } = this.#parts;
    const told = await Promise.all(others.map(async ({ id }) => ({ id, manifest: await askFor(lobby, id, step) })));
    for (const { id, manifest } of told) if (manifest) answers.set(id, manifest);
    for (const id of answers.keys()) if (!lobby.knows(id)) answers.delete(id);
  }
}

/** The checkpoint of a step as one browser has it; null where it does not, or does not say in time. */
export async function askFor(lobby: Lobby, id: string, step: number): Promise<CheckpointManifest | null> {
  const answer = await lobby.ask(id, (ticket) => ({ type: 'want_checkpoint', ticket, step }), ANSWER_MS);
  if (answer?.type !== 'checkpoint' || !answer.checkpoint || !isSound(answer.checkpoint, step)) return null;
  return answer.checkpoint;
}

/** Whether one like this may come and ask. */
const mayAsk = ({ role, training, ending }: Presence): boolean =>
  role !== 'visitor' && (ending === 'seeking' || (ending === null && training));

/** Whether a manifest is of this step and names each of its blobs once. */
function isSound({ step, weights, optimizer, parts, blobs }: CheckpointManifest, wanted: number): boolean {
  if (parts && (parts.bytes.length !== parts.hashes.length || parts.weights > parts.hashes.length)) return false;
  const named = new Set(parts ? parts.hashes : [weights.hash, optimizer.hash]);
  return step === wanted && blobs.length === named.size && blobs.every(({ hash }) => named.delete(hash));
}

function incomplete({ step, parts }: CheckpointManifest, missing: number[]): LatheError {
  if (parts) return new LatheError('group', missingPartsSentence(step, parts, missing));
  return new LatheError('group', `Nobody in the room has all of the checkpoint of step ${step}.`);
}

/** The checkpoint that most of them name: parameters of a group are the same everywhere. Null where there is none. */
export function mostNamed(answers: ReadonlyMap<string, CheckpointManifest>): Found | null {
  const named = new Map<string, Found>();
  for (const [id, manifest] of answers) {
    const key = [manifest.weights.hash, manifest.optimizer.hash, ...(manifest.parts?.hashes ?? [])].join();
    const held = new Set(manifest.blobs.filter(({ here }) => here).map(({ hash }) => hash));
    const known = named.get(key);
    if (known) known.holdings.set(id, held);
    else named.set(key, { manifest, holdings: new Map([[id, held]]) });
  }
  return [...named.values()].sort((a, b) => b.holdings.size - a.holdings.size).at(0) ?? null;
}
