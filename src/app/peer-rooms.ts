/** The rooms of this tab, and what is done in them. Loaded when somebody trains together for the first time. */
import { LatheError } from '../base/errors';
import { parseConfig } from '../config/parse';
import type { Database } from '../store/database';
import { ownRuns, updateRun } from '../store/runs';
import { NOT_HERE, UNFINISHED, type CheckpointRow, type DatasetRow, type RunRow } from '../store/schema';
import { heardStatus } from '../peers/status-schema';
import { newRoom, parseRoomLink, roomLinkText, type RoomLink } from '../peers/signalling/room';
import { qrSvg } from '../peers/connect/qr';
import { pairingCodeIn, pairingLink } from '../peers/connect/pairing';
import type { RoomDescription } from '../peers/room/lobby-messages';
import type {
  DatasetWay,
  HelperStatus,
  HostedRun,
  PairingCode,
  RoomOffer,
  RoomStatus,
  StudyCrew,
  Workbench,
} from './api';
import type { EventHub } from './events';
import { groupConfig } from './hosted-run';
import { whileKeepingBlobs } from './locks';
import { linkForOthers, PeerRoom, type RoomListener } from './peer-room';
import { readPeerSettings, writePeerSettings } from './peer-settings';
import type { RunCommands, RunData } from './runs';
import { helpSearch, hostSearch, type Helping, type StudySitting } from './search-rooms';
import type { GroupSitting } from './supervisor';
import type { Executor } from '../sweeps/executor';
import type { CrewMember } from './api';
import { getStudy } from '../store/studies';
import type { StudyRow } from '../store/study';

/** The commands that need rooms; the others are in `peers.ts`. */
export type RoomCommands = Omit<Workbench['peers'], 'status' | 'room' | 'leave' | 'stopAll'>;

/** The rooms of this tab. */
export class PeerRooms {
  readonly #database: Database;
  readonly #hub: EventHub;
  /** By id of the room. */
  readonly #rooms = new Map<string, Promise<PeerRoom>>();
  /** Trains trials of others' studies here. */
  readonly #local: Executor;
  /** Where this tab trains trials, or did, by id of the room. */
  readonly #helping = new Map<string, Helping>();
  /** Who trains trials of studies of this tab, by id of the study. */
  readonly #crews = new Map<string, () => CrewMember[]>();
  /** What was told of rooms that this tab only looks at. */
  readonly #listener: RoomListener;

  constructor(database: Database, hub: EventHub, local: Executor) {
    this.#database = database;
    this.#hub = hub;
    this.#local = local;
    this.#listener = {
      onGroup: (room, status) => {
        if (room.run) hub.emit({ type: 'group', run_id: room.run.id, status });
      },
      onStatus: (room) => this.#tell(room),
    };
  }

  /** The commands of the workbench. */
  commands(runs: RunCommands): RoomCommands {
    return {
      host: async (config, datasetId) => this.#host(runs, config, datasetId),
      look: (link) => this.#look(link),
      join: (link, { dataset }) => this.#join(runs, link, dataset),
      forget: (link) => this.#forget(link),
      help: (link, { dataset, slots }) => this.#help(link, dataset, slots ?? 1),
      helped: (link) => this.#helped(link),
      crew: (studyId) => this.#crew(studyId),
      offerPairing: async (runId) => {
        const code = await (await this.#trainingRoom(runId)).offerPairing();
        return this.#pairingCode(code);
      },
      answerPairing: async (code) => {
        const answered = await PeerRoom.answer(code, readPeerSettings(), this.#listener);
        const { id } = answered.room.link.room;
        await this.#close(id, 'The browsers paired anew.');
        this.#rooms.set(id, Promise.resolve(answered.room));
        return { ...this.#pairingCode(answered.code), link: answered.room.status.link };
      },
      acceptPairing: async (runId, code) => (await this.#trainingRoom(runId)).acceptPairing(code),
      qr: async (text) => {
        const svg = qrSvg(text);
        if (svg === null) throw new LatheError('usage', 'This text is too long for a QR code.');
        return svg;
      },
      settings: async () => readPeerSettings(),
      configure: async (change) => writePeerSettings(change),
    };
  }

  /** Goes into the room of a run that is to train in this tab. @throws LatheError */
  async sit(run: RunRow): Promise<GroupSitting> {
    const { group } = run;
    if (!group) throw new LatheError('internal', `The run ${run.name} belongs to no group.`);
    const link = parseRoomLink(group.room, location.href);
    const room = await this.#enter(link);
    return {
      trainer: () => room.train({ id: run.id, role: group.role }),
      broken: room.broken,
      end: async (reason) => {
        await room.finish(reason);
        await this.#close(link.room.id, reason);
      },
    };
  }

  /** Goes into the room of a study whose trials are dealt in this tab. @throws LatheError */
  async sitInSearch(study: StudyRow, local: Executor): Promise<StudySitting> {
    const { group, id } = study;
    if (!group) throw new LatheError('internal', `The study ${study.name} has no room.`);
    const link = parseRoomLink(group.room, location.href);
    const room = await this.#enter(link);
    await room.settled;
    const place = await hostSearch(room, study, { database: this.#database, hub: this.#hub, local });
    this.#crews.set(id, place.crew);
    return {
      ...place,
      end: async (status, reason) => {
        await place.end(status, reason);
        await this.#close(link.room.id, `The study is ${status}.`);
      },
    };
  }

  async #help(text: string, how: DatasetWay, slots: number): Promise<HelperStatus> {
    const link = this.#read(text);
    const { id } = link.room;
    const known = this.#helping.get(id);
    if (known && known.status.state !== 'ended') return known.status;
    const room = await this.#enter(link);
    const description = await room.api.describe();
    if (!description.search) {
      throw new LatheError('usage', `${description.run_name} is a run, no search: join it.`);
    }
    if (how === 'stream') {
      throw new LatheError('usage', 'Whoever trains trials of a search needs the dataset itself. Copy it.');
    }
    const datasetId = await this.#provide(room, description, how);
    const { wait_minutes } = parseConfig(description.config).training.distributed;
    const helping = await helpSearch(
      room,
      {
        link: room.status.link,
        study_name: description.run_name,
        datasetId,
        slots,
        patienceMs: wait_minutes * 60_000,
      },
      { database: this.#database, hub: this.#hub, local: this.#local },
    );
    this.#helping.set(id, helping);
    // Once nothing of what it trained is left here.
    void helping.helper.ended
      .then(() => helping.helper.leave(null))
      .then(() => this.#close(id, 'It trains no more trials.'));
    return helping.status;
  }

  async #helped(text: string): Promise<HelperStatus> {
    const helping = this.#helping.get(this.#read(text).room.id);
    if (!helping) throw new LatheError('usage', 'This tab trains no trials in this room.');
    await helping.helper.ended;
    await helping.helper.leave(null);
    return helping.status;
  }

  async #crew(studyId: string): Promise<StudyCrew | null> {
    const { group } = await getStudy(this.#database, studyId);
    if (!group) return null;
    const link = parseRoomLink(group.room, location.href);
    const room = await this.#rooms.get(link.room.id)?.catch(() => null);
    const away = { ...this.#away(link), role: group.role, study_id: studyId };
    return { room: room?.status ?? away, members: this.#crews.get(studyId)?.() ?? [] };
  }

  async #host(runs: RunCommands, config: RunRow['config'], datasetId: string): Promise<HostedRun> {
    const named = config.training.distributed.room;
    const link = named === null ? { room: newRoom(), server: null } : parseRoomLink(named, location.href);
    const room = await this.#enter(link);
    await room.settled;
    const distributed = { ...config.training.distributed, enabled: true, room: roomLinkText(link) };
    const run = await runs.start({ ...config, training: { ...config.training, distributed } }, datasetId);
    return { run, link: room.status.link };
  }

  /** The room of a run, as this tab knows it. */
  async room(run: RunRow): Promise<RoomStatus | null> {
    if (!run.group) return null;
    const link = parseRoomLink(run.group.room, location.href);
    const room = await this.#rooms.get(link.room.id)?.catch(() => null);
    if (room?.run?.id === run.id) return room.status;
    return { ...this.#away(link), run_id: run.id, role: run.group.role };
  }

  /** A room that this tab is not in. */
  #away(link: RoomLink): Omit<RoomStatus, 'role'> {
    return {
      run_id: null,
      link: linkForOthers(link, readPeerSettings()),
      signalling: { state: 'none', address: null, reason: null },
      connected: 0,
      copy: null,
      examples: null,
    };
  }

  /** Copies what is not here of a run's checkpoint, where the run trains in this tab. @throws LatheError */
  async collect({ run_id, step }: CheckpointRow): Promise<void> {
    for (const entering of this.#rooms.values()) {
      const room = await entering.catch(() => null);
      if (room?.run?.id === run_id) await room.api.collect(step);
    }
  }

  async #look(text: string): Promise<RoomOffer> {
    const link = this.#read(text);
    const room = await this.#enter(link);
    const { run_name, config: told, dataset, group, search } = await room.api.describe();
    const config = parseConfig(told);
    return {
      run_name,
      config,
      dataset,
      dataset_id: (await this.#datasetLike(dataset.content_hash))?.id ?? null,
      streams: config.training.distributed.data === 'streamed',
      search: search ?? null,
      group: room.group ?? (group && heardStatus(group)),
      run_id: (await this.#runOf(link))?.id ?? null,
    };
  }

  async #join(runs: RunCommands, text: string, how: DatasetWay): Promise<RunRow> {
    const link = this.#read(text);
    const known = await this.#runOf(link);
    if (known?.status === 'running')
      throw new LatheError('usage', `The run ${known.name} trains in this room already.`);
    if (known) {
      // The way to the room may have changed since.
      await updateRun(this.#database, known.id, {
        group: { room: roomLinkText(link), role: known.group?.role ?? 'guest' },
      });
      await runs.resume(known.id);
      return runs.get(known.id);
    }
    const room = await this.#enter(link);
    const description = await room.api.describe();
    if (description.search) {
      throw new LatheError(
        'usage',
        `${description.run_name} is a search: train trials of it, there is no run to join.`,
      );
    }
    const config = parseConfig(description.config);
    const streams = config.training.distributed.data === 'streamed';
    const data = how === 'stream' ? this.#elsewhere(description, streams) : await this.#provide(room, description, how);
    return runs.begin(groupConfig(config), data, {
      group: { room: roomLinkText(link), role: 'guest' },
      name: description.run_name,
      ...(description.batch_size !== null && { batch_size: description.batch_size }),
    });
  }

  /** The dataset that the others train on, with their roles of its columns. */
  async #provide(
    room: PeerRoom,
    { dataset, roles }: RoomDescription,
    how: Exclude<DatasetWay, 'stream'>,
  ): Promise<string> {
    switch (how) {
      case 'have': {
        const own = await this.#datasetLike(dataset.content_hash);
        if (own) return room.api.withRoles(own.id, roles);
        throw new LatheError(
          'data',
          `This browser has no dataset with the content of ${dataset.name}. Drop its files on the page first, or copy it from the others.`,
        );
      }
      case 'copy': {
        const own = await this.#datasetLike(dataset.content_hash);
        const id = own?.id ?? (await whileKeepingBlobs(async () => room.api.copy(dataset.content_hash)));
        if (!own) this.#hub.emit({ type: 'changed', noun: 'dataset', id });
        return room.api.withRoles(id, roles);
      }
    }
  }

  /** The dataset of the others, which stays with them. */
  #elsewhere({ dataset }: RoomDescription, streams: boolean): RunData {
    if (streams) return { id: NOT_HERE, name: dataset.name, content_hash: dataset.content_hash };
    throw new LatheError(
      'usage',
      'The run of this room does not stream its data: training.distributed.data is local. Copy the dataset instead.',
    );
  }

  async #forget(text: string): Promise<void> {
    const { id } = this.#read(text).room;
    const room = await this.#rooms.get(id)?.catch(() => null);
    const helping = this.#helping.get(id);
    if (helping && helping.status.state !== 'ended') {
      await helping.helper.leave(null);
      await room?.close('It trains no more trials.');
      return;
    }
    if (!room || room.run || room.part?.role === 'host') return;
    await room.api.cancelCopy('The copy was cancelled.');
    await this.#close(id, 'It only looked.');
  }

  /** A link, or a pairing code that was answered here. @throws LatheError of kind `usage` */
  #read(text: string): RoomLink {
    if (pairingCodeIn(text)) {
      throw new LatheError('usage', 'This is a code for pairing by hand, no link to a room. Answer it first.');
    }
    return parseRoomLink(text, location.href);
  }

  #enter(link: RoomLink): Promise<PeerRoom> {
    const { id } = link.room;
    const known = this.#rooms.get(id);
    if (known) return known;
    const entering = PeerRoom.enter(link, readPeerSettings(), this.#listener);
    this.#rooms.set(id, entering);
    entering.catch(() => this.#rooms.delete(id));
    return entering;
  }

  async #close(id: string, reason: string): Promise<void> {
    const room = this.#rooms.get(id);
    this.#rooms.delete(id);
    await (await room?.catch(() => null))?.close(reason);
  }

  async #trainingRoom(runId: string): Promise<PeerRoom> {
    for (const entering of this.#rooms.values()) {
      const room = await entering.catch(() => null);
      if (room?.run?.id === runId) return room;
    }
    throw new LatheError('usage', 'This run does not train in this tab. Pair where it trains.');
  }

  /** Unfinished run of this browser that is trained in a room. */
  async #runOf({ room }: RoomLink): Promise<RunRow | null> {
    const runs = await ownRuns(this.#database);
    return (
      runs.find(
        ({ group, deleted_at, status }) =>
          group?.room.startsWith(`${room.id}.`) && deleted_at === null && UNFINISHED.includes(status),
      ) ?? null
    );
  }

  async #datasetLike(contentHash: string): Promise<DatasetRow | null> {
    const rows = await this.#database.getAll('datasets');
    return rows.find((row) => row.deleted_at === null && row.content_hash === contentHash) ?? null;
  }

  #pairingCode(code: string): PairingCode {
    const offer = pairingCodeIn(code)?.kind === 'offer';
    return { code, qr: qrSvg(offer ? pairingLink(code, location.href) : code) };
  }

  #tell(room: PeerRoom): void {
    this.#hub.emit({ type: 'room', status: room.status });
  }
}
