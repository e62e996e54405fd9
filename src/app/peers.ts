/**
 * Commands on groups of browsers that train one run together. What they need is loaded when one is first called; here is only
 * what was last heard of groups, in this tab or another.
 */
import type { Database } from '../store/database';
import type { Executor } from '../sweeps/executor';
import type { GroupStatus, RoomStatus, Workbench } from './api';
import type { EventHub } from './events';
import type { PeerRooms, RoomCommands } from './peer-rooms';
import type { RunCommands } from './runs';
import type { SitInSearch } from './search-rooms';
import type { SitInGroup } from './supervisor';

/** The rooms of this tab, once they are needed. */
export interface LazyRooms {
  load: () => Promise<PeerRooms>;
  sit: SitInGroup;
  sitInSearch: SitInSearch;
}

/** Rooms that are loaded when they are first asked for. `local` trains trials of others' studies. */
export function lazyRooms(database: Database, hub: EventHub, local: () => Executor): LazyRooms {
  let rooms: Promise<PeerRooms> | null = null;
  const load = (): Promise<PeerRooms> =>
    (rooms ??= import('./peer-rooms').then(({ PeerRooms: Rooms }) => new Rooms(database, hub, local())));
  return {
    load,
    sit: async (run) => (await load()).sit(run),
    sitInSearch: async (study, executor) => (await load()).sitInSearch(study, executor),
  };
}

/** The peer commands of the workbench. */
export function peerCommands(hub: EventHub, { load }: LazyRooms, runs: RunCommands): Workbench['peers'] {
  const groups = new Map<string, GroupStatus>();
  const rooms = new Map<string, RoomStatus>();
  hub.subscribe((event) => {
    if (event.type === 'group') groups.set(event.run_id, event.status);
    else if (event.type === 'room' && event.status.run_id) rooms.set(event.status.run_id, event.status);
    else if (event.type === 'ended') [groups, rooms].forEach((map) => map.delete(event.run_id));
  });
  const commands = async (): Promise<RoomCommands> => (await load()).commands(runs);
  return {
    host: async (config, datasetId) => (await commands()).host(config, datasetId),
    look: async (link) => (await commands()).look(link),
    join: async (link, how) => (await commands()).join(link, how),
    help: async (link, how) => (await commands()).help(link, how),
    helped: async (link) => (await commands()).helped(link),
    crew: async (studyId) => (await commands()).crew(studyId),
    forget: async (link) => (await commands()).forget(link),
    leave: (runId) => runs.pause(runId),
    stopAll: (runId) => runs.stop(runId),
    status: async (runId) => groups.get(runId) ?? null,
    room: async (runId) => rooms.get(runId) ?? (await load()).room(await runs.get(runId)),
    offerPairing: async (runId) => (await commands()).offerPairing(runId),
    answerPairing: async (code) => (await commands()).answerPairing(code),
    acceptPairing: async (runId, code) => (await commands()).acceptPairing(runId, code),
    qr: async (text) => (await commands()).qr(text),
    settings: async () => (await commands()).settings(),
    configure: async (change) => (await commands()).configure(change),
  };
}
