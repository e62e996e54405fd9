/** The groups that train together: what each last told, and the room through which others reach it. */
import { toast } from 'svelte-sonner';
import { SvelteMap } from 'svelte/reactivity';
import type { GroupStatus, RoomStatus, Workbench, WorkbenchEvent } from '../../app/api';
import type { RunRow } from '../../store/schema';
import { newsOf, type GroupNews } from '../group-news';
import { readRoomLink } from '../groups';
import { sayError } from './toasts';

/** Whether a run trains, or trained, with others. */
export const isShared = (run: RunRow): boolean => run.config.training.distributed.enabled;

/** Groups and rooms, by run. */
export class Groups {
  /** Also of groups that are over, until the page is closed: who was there can still be read. */
  readonly statuses = new SvelteMap<string, GroupStatus>();
  readonly rooms = new SvelteMap<string, RoomStatus>();
  /** Rooms that this browser only looks at or copies from, by token. */
  readonly visited = new SvelteMap<string, RoomStatus>();
  /** The run whose link is shown, whose group is asked to stop: overlays that only one place may open. */
  inviting = $state<string | null>(null);
  stopping = $state<string | null>(null);
  #workbench: Workbench;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
  }

  /** The run whose group this browser is in now, if it is in one. */
  get current(): string | null {
    for (const [id, { phase }] of this.statuses) if (phase !== 'over') return id;
    return null;
  }

  /** Asks for what the groups of these runs told before this page listened. */
  async load(runs: readonly RunRow[]): Promise<void> {
    await Promise.all(runs.filter((run) => run.status === 'running' && isShared(run)).map((run) => this.#read(run)));
  }

  async #read(run: RunRow): Promise<void> {
    try {
      const [status, room] = await Promise.all([
        this.#workbench.peers.status(run.id),
        this.#workbench.peers.room(run.id),
      ]);
      // An event that came meanwhile is newer.
      if (status && !this.statuses.has(run.id)) this.statuses.set(run.id, status);
      if (room && !this.rooms.has(run.id)) this.rooms.set(run.id, room);
    } catch (thrown) {
      sayError(thrown);
    }
  }

  /** Takes note of a run that this browser just began for others: its link is known before its room tells anything. */
  host(runId: string, link: string): void {
    if (!this.rooms.has(runId)) {
      const signalling = { state: 'connecting' as const, address: null, reason: null };
      this.rooms.set(runId, {
        run_id: runId,
        link,
        role: 'host',
        signalling,
        connected: 0,
        copy: null,
        examples: null,
      });
    }
    this.inviting = runId;
  }

  receive(event: WorkbenchEvent): void {
    if (event.type === 'group') {
      for (const news of newsOf(this.statuses.get(event.run_id), event.status)) sayNews(news);
      this.statuses.set(event.run_id, event.status);
    } else if (event.type === 'room') {
      const { run_id: id, link } = event.status;
      if (id !== null) this.rooms.set(id, event.status);
      else {
        const room = readRoomLink(link);
        if (room) this.visited.set(room.token, event.status);
      }
    } else if (event.type === 'ended') {
      const last = this.statuses.get(event.run_id);
      // Whoever leaves is told nothing more by the group.
      if (last && last.phase !== 'over') this.statuses.set(event.run_id, { ...last, phase: 'over' });
      this.rooms.delete(event.run_id);
    }
  }
}

function sayNews({ level, message, description }: GroupNews): void {
  const show = level === 'warning' ? toast.warning : level === 'good' ? toast.success : toast;
  show(message, { description });
}
