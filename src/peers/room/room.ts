/** One room at one browser, in the peer worker: its links, the lobby, and the group that trains. */
import { LatheError } from '../../base/errors';
import { connect } from '../../base/rpc';
import { COLUMN_ROLES, type RunConfig } from '../../config/schema';
import { getRun } from '../../store/runs';
import { NOT_HERE } from '../../store/schema';
import type { Database } from '../../store/database';
import type { DropReason, GroupStatus } from '../status';
import { isCheckpointMessage, type CheckpointMessage, type PeerMessage, type TrainerMessage } from '../trainer-port';
import type { Link } from '../transport/link';
import type { RoomEvent, RoomOptions } from './api';
import { CheckpointExchange } from './checkpoint-exchange';
import { ExampleRequests } from './example-requests';
import type { ExampleSource } from './example-server';
import { supplyExamples } from './example-supply';
import { Lobby, type LobbyContent } from './lobby';
import type { Presence, RoomDescription } from './lobby-messages';
import { PartKeeper } from './part-keeper';
import { hasBlob, partStore } from './part-store';
import { rolesOf, RunContent } from './run-content';
import { splitLink } from './split-link';
import { copyStore, storeCopy, storeDataset } from './store-copy';
import { TrialExchange } from './trial-exchange';

/** How often the page hears of the group, in milliseconds. */
const STATUS_MS = 500;

/** How long a host waits to hear from others who may train already, before it begins a group. */
const LOOK_MS = 6_000;

/** Most drops remembered before there is a group. */
const MOST_EARLY_DROPS = 1_000;

/** Which half of a split group goes on: asked of whoever saw both. */
export interface Witness {
  /** Rejects where it cannot be reached. */
  claim(group: string, base: number, members: number[]): Promise<boolean>;
}

/** The group protocol at this browser, as far as a room uses it (`Group`). */
export interface GroupEngine {
  addLink(id: string, hello: { name: string; adapter: string | null }, link: Link): void;
  /** Begins a group of one, that others join, once the trainer has started. */
  found(): void;
  /** Asks the others to be taken into theirs, once the trainer has started; goes on asking. */
  join(): void;
  receive(message: TrainerMessage): void;
  /** The trainer's thread is gone, and another may come. */
  trainerGone(): void;
  countDrop(reason: DropReason): void;
  status(): GroupStatus;
  /** Says goodbye; the others go on. The trainer is told that it ended, for this reason. */
  leave(reason: string): Promise<void>;
}

/** What a group is made with. */
export interface GroupOrder {
  me: { id: string; name: string; adapter: string | null };
  config: RunConfig['training']['distributed'];
  /** Null: nobody can tell, and a side with the lowest member goes on. */
  witness: Witness | null;
  post: (message: PeerMessage, transfer: Transferable[]) => void;
}

/** A browser that proved to know the secret. */
interface Mate {
  hello: { name: string; adapter: string | null };
  group: Link;
}

/** A room. */
export class Room {
  readonly lobby: Lobby;
  /** The trials of a search, where that is what the room is for. */
  readonly trials: TrialExchange;
  readonly #checkpoints: CheckpointExchange;
  /** Where the run's checkpoints are kept in parts. */
  #keeper: PartKeeper | null = null;
  readonly #database: Database;
  readonly #options: RoomOptions;
  readonly #emit: (event: RoomEvent) => void;
  readonly #createGroup: (order: GroupOrder) => GroupEngine;
  readonly #mates = new Map<string, Mate>();
  readonly #claims = new Map<number, PromiseWithResolvers<boolean>>();
  #claimed = 0;
  /** Ids of those at the signalling server; null until it told. */
  #expected: readonly string[] | null = null;
  #expectedChanged: () => void = () => {};
  /** What was dropped before there was a group that counts. */
  readonly #dropped: DropReason[] = [];
  /** `dataset`: its content hash where it is here. */
  #run: { id: string; role: 'host' | 'guest'; dataset: string | null; config: GroupOrder['config'] } | null = null;
  /** The data of the run, for others; asked of the page when somebody wants it. */
  #served: PromiseWithResolvers<ExampleSource | null> | null = null;
  /** What comes from others where the data is not here. */
  #requests: ExampleRequests | null = null;
  #group: GroupEngine | null = null;
  #trainer: MessagePort | null = null;
  #timer: ReturnType<typeof setInterval> | null = null;
  #aloneSince: number | null = null;

  constructor(
    database: Database,
    options: RoomOptions,
    emit: (event: RoomEvent) => void,
    createGroup: (order: GroupOrder) => GroupEngine,
  ) {
    this.#database = database;
    this.#options = options;
    this.#emit = emit;
    this.#createGroup = createGroup;
    const run = new RunContent(
      database,
      () => this.#run?.id ?? null,
      () => this.#group?.status() ?? null,
    );
    this.lobby = new Lobby(
      eitherContent(() => this.trials.content ?? run),
      async (contentHash) => this.#ownExamples(contentHash),
    );
    this.trials = new TrialExchange(database, this.lobby, emit);
    this.#checkpoints = new CheckpointExchange({
      lobby: this.lobby,
      post: (message) => this.#trainer?.postMessage(message),
      has: (hash) => hasBlob(database, hash),
    });
  }

  /** Takes in a link whose other end proved to know the secret. */
  addLink(id: string, hello: { name: string | null; adapter: string | null }, link: Link): void {
    const { group, lobby, trials } = splitLink(link);
    const mate: Mate = { hello: { name: hello.name ?? '', adapter: hello.adapter }, group };
    this.#mates.set(id, mate);
    this.lobby.addLink(id, lobby);
    this.trials.addLink({ id, ...mate.hello }, trials);
    const forget = (): void => {
      if (this.#mates.get(id) !== mate) return;
      this.#mates.delete(id);
      this.#tellConnected();
    };
    // The group sets its own handler on its lane; whoever is told first does not matter.
    const before = lobby.onClose;
    lobby.onClose = (reason) => {
      before?.(reason);
      forget();
    };
    this.#group?.addLink(id, mate.hello, group);
    this.#tellConnected();
  }

  /** Something came that was not used: a `stranger` could not prove that it knows the secret. */
  countDrop(reason: DropReason): void {
    if (this.#group) this.#group.countDrop(reason);
    else if (this.#dropped.length < MOST_EARLY_DROPS) this.#dropped.push(reason);
  }

  /** Who else is at the signalling server. */
  expect(peers: readonly string[]): void {
    this.#expected = peers;
    this.#expectedChanged();
  }

  /** What is trained here. @throws LatheError of kind `not_found` */
  async describe(): Promise<RoomDescription> {
    try {
      return await this.lobby.describe();
    } catch (error) {
      if (this.#mates.size > 0 || !this.#dropped.includes('stranger')) throw error;
      throw new LatheError(
        'not_found',
        'Whoever is in this room has another secret than this link. Copy the whole link again: its end may be missing, or mistyped.',
      );
    }
  }

  /** Copies a dataset and stores it; resolves to the id of its row. @throws LatheError */
  async copy(contentHash: string): Promise<string> {
    let told = -Infinity;
    try {
      const { row } = await this.lobby.copyDataset(contentHash, copyStore(this.#database), (name, copy) => {
        const now = performance.now();
        if (now - told < STATUS_MS / 2 && copy.done < copy.total) return;
        told = now;
        this.#emit({ type: 'copy', copy: { name, done: copy.done, total: copy.total, sources: copy.sources } });
      });
      return (await storeCopy(this.#database, row)).id;
    } finally {
      this.#emit({ type: 'copy', copy: null });
    }
  }

  /** The id of a row of the dataset `id` whose columns have these roles: itself, or another over the same blobs. */
  async withRoles(id: string, roles: string[] | null): Promise<string> {
    const dataset = await this.#database.get('datasets', id);
    if (!dataset) throw new LatheError('not_found', `There is no dataset ${id} in this browser.`);
    if (dataset.kind !== 'table' || !roles || same(rolesOf(dataset), roles)) return id;
    const columns = dataset.columns.map((column, i) => {
      const role = COLUMN_ROLES.find((known) => known === roles[i]);
      if (!role) throw new LatheError('data', `The columns of ${dataset.name} are not those that the others train on.`);
      return { ...column, role };
    });
    const others = await this.#database.getAll('datasets');
    const known = others.find(
      (row) => row.deleted_at === null && row.content_hash === dataset.content_hash && same(rolesOf(row), roles),
    );
    return known?.id ?? (await storeDataset(this.#database, { ...dataset, columns })).id;
  }

  /** Trains a run with the others. A later trainer of the same run takes the place of one that is gone. */
  async train(runId: string, role: 'host' | 'guest', trainer: MessagePort, examples: MessagePort): Promise<void> {
    const run = await getRun(this.#database, runId);
    const config = run.config.training.distributed;
    const isHere = run.dataset_id !== NOT_HERE;
    this.#run = { id: runId, role, dataset: isHere ? run.dataset_hash : null, config };
    if (!isHere) this.#supply(run.dataset_hash, config.wait_minutes, examples);
    this.#announce();
    if (this.#trainer) {
      this.#group?.trainerGone();
      this.#trainer.close();
    }
    this.#trainer = trainer;
    this.#checkpoints.begin(this.#run.config.wait_minutes * 60_000);
    if (this.#run.config.checkpoints === 'sharded') {
      this.#keeper ??= new PartKeeper(this.lobby, this.#options.me.id, partStore(this.#database, runId));
      this.#keeper.start();
    }
    let begun: Promise<GroupEngine> | null = null;
    trainer.onmessage = ({ data }: MessageEvent<TrainerMessage | CheckpointMessage>) => {
      if (isCheckpointMessage(data)) return this.#checkpoints.receive(data);
      // The first message is that it starts. A group needs no trainer to be looked for, but to be founded.
      begun ??= this.#begin();
      begun
        .then((group) => group.receive(data))
        .catch((error: unknown) => {
          const ended: PeerMessage = { type: 'ended', error: LatheError.from(error).toJSON() };
          trainer.postMessage(ended);
        });
    };
  }

  /** The data of the run, which others want. */
  serve(port: MessagePort | null): void {
    this.#served?.resolve(port && connect<ExampleSource>(port));
    // Whoever asks again may have more luck.
    if (!port) this.#served = null;
  }

  /** Copies what is not here of its run's checkpoint of a step. @throws LatheError that says what is missing */
  async collect(step: number): Promise<void> {
    const id = this.#run?.id;
    const shared = await this.#checkpoints.fetch(step);
    if (id === undefined || !shared) {
      throw new LatheError('group', `Nobody who is in the room has anything of the checkpoint of step ${step}.`);
    }
    await partStore(this.#database, id).keep(step, shared.blobs);
  }

  /** The witness has answered; null: it cannot be reached. */
  claimed(ticket: number, granted: boolean | null): void {
    const claim = this.#claims.get(ticket);
    this.#claims.delete(ticket);
    if (granted === null) claim?.reject(new LatheError('training', 'The signalling server cannot be reached.'));
    else claim?.resolve(granted);
  }

  /** Leaves the group; where its run has ended, stays for a while for those who still want checkpoints from here. */
  async finish(reason: string): Promise<void> {
    await this.#group?.leave(reason);
    this.#tellGroup();
    await this.#checkpoints.stay();
  }

  /** Leaves the group and closes all links. */
  async close(reason: string): Promise<void> {
    this.lobby.cancelCopy(reason);
    this.#requests?.close(reason);
    this.#keeper?.stop();
    await this.#group?.leave(reason);
    this.#tellGroup();
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#group = null;
    for (const { group } of this.#mates.values()) group.close(reason);
    this.#trainer?.close();
  }

  /** Gives a trainer the examples that others send. */
  #supply(contentHash: string, waitMinutes: number, port: MessagePort): void {
    const tell = (): void => {
      if (this.#requests) this.#emit({ type: 'examples', traffic: this.#requests.traffic });
    };
    this.#requests ??= new ExampleRequests(this.lobby, contentHash, waitMinutes * 60_000, tell);
    this.#requests.begin();
    supplyExamples(this.#requests, port);
  }

  /** The data of the run, where its config says that examples are sent, and it is here. */
  async #ownExamples(contentHash: string | null): Promise<ExampleSource | null> {
    const run = this.#run;
    if (!run || run.dataset === null || run.config.data !== 'streamed') return null;
    if (contentHash !== null && contentHash !== run.dataset) return null;
    if (!this.#served) {
      this.#served = Promise.withResolvers();
      this.#emit({ type: 'want_data', run_id: run.id });
    }
    return this.#served.promise;
  }

  /** The group, begun or joined. */
  async #begin(): Promise<GroupEngine> {
    const run = this.#run;
    if (this.#group) return this.#group;
    if (!run) throw new LatheError('internal', 'A group was begun before its run was known.');
    const { me, witness } = this.#options;
    const group = this.#createGroup({
      me: { ...me, name: me.name ?? '' },
      config: run.config,
      witness: witness ? { claim: (name, base, members) => this.#claim(name, base, members) } : null,
      post: (message, transfer) => this.#trainer?.postMessage(message, transfer),
    });
    this.#group = group;
    for (const reason of this.#dropped.splice(0)) group.countDrop(reason);
    for (const [id, { hello, group: link }] of this.#mates) group.addLink(id, hello, link);
    this.#timer = setInterval(() => this.#tellGroup(), STATUS_MS);
    if (run.role === 'guest' || (await this.#othersTrain())) group.join();
    else group.found();
    this.#tellGroup();
    return group;
  }

  /** Whether a group of this room goes on without this browser: its host was away, and comes back. */
  async #othersTrain(): Promise<boolean> {
    const end = performance.now() + LOOK_MS;
    for (;;) {
      const { presences } = this.lobby;
      if (presences.some(({ training }) => training)) return true;
      const heardAll = this.#expected?.every((id) => this.lobby.knows(id)) ?? false;
      const left = end - performance.now();
      if (heardAll || left <= 0) return false;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          stop();
          resolve();
        };
        const timer = setTimeout(done, left);
        const stop = this.lobby.onChange(done);
        this.#expectedChanged = done;
      });
    }
  }

  #claim(group: string, base: number, members: number[]): Promise<boolean> {
    const ticket = ++this.#claimed;
    const claim = Promise.withResolvers<boolean>();
    this.#claims.set(ticket, claim);
    this.#emit({ type: 'claim', ticket, group, base, members });
    return claim.promise;
  }

  #tellConnected(): void {
    this.#emit({ type: 'connected', peers: [...this.#mates.keys()] });
  }

  #tellGroup(): void {
    if (!this.#group) return;
    const status = this.#group.status();
    if (this.lobby.malformed > 0) {
      status.dropped = {
        ...status.dropped,
        malformed: (status.dropped.malformed ?? 0) + this.lobby.malformed,
      };
    }
    this.#emit({ type: 'group', status });
    if (this.#requests) this.#emit({ type: 'examples', traffic: this.#requests.traffic });
    this.#announce(status);
    this.#watchLoneliness(status);
  }

  /** A browser that its group went away from gives up after as long as a group is waited for. */
  #watchLoneliness({ phase }: GroupStatus): void {
    if (phase !== 'alone') {
      this.#aloneSince = null;
      return;
    }
    this.#aloneSince ??= performance.now();
    const minutes = this.#run?.config.wait_minutes ?? 0;
    if (performance.now() - this.#aloneSince < minutes * 60_000) return;
    this.#aloneSince = null;
    void this.#group?.leave(
      `The others of the group were not heard of for ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}. Resume the run when whoever hosts it is back.`,
    );
  }

  /** Tells the others what this browser is; nothing where it is that already. */
  #announce(status: GroupStatus | null = this.#group?.status() ?? null): void {
    if (!this.#run) return;
    const presence: Presence = {
      role: this.#run.role,
      training: status !== null && (status.phase === 'waiting' || status.phase === 'training'),
      dataset: this.#run.dataset,
      ending: this.#checkpoints.ending,
    };
    if (JSON.stringify(presence) === JSON.stringify(this.lobby.presence)) return;
    this.lobby.announce(presence);
  }
}

/** What a browser tells, of whichever it takes part in. */
function eitherContent(content: () => LobbyContent): LobbyContent {
  return {
    describe: () => content().describe(),
    manifest: (contentHash) => content().manifest(contentHash),
    checkpoint: (step) => content().checkpoint(step),
    kept: () => content().kept(),
    blob: (hash) => content().blob(hash),
  };
}

function same(a: string[] | null, b: string[]): boolean {
  return a !== null && a.length === b.length && a.every((role, i) => role === b[i]);
}
