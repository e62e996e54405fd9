/** Searches that are shared: who trains trials of a study of this browser, and where this one trains for others. */
import { SvelteMap } from 'svelte/reactivity';
import type { HelperStatus, StudyCrew, Workbench, WorkbenchEvent } from '../../app/api';
import { readRoomLink } from '../groups';
import { sayError } from './toasts';

/** Crews by study, and what this browser helps with by room. */
export class Crews {
  readonly crews = new SvelteMap<string, StudyCrew>();
  /** By token of the room; also those that ended, until the page is closed. */
  readonly helping = new SvelteMap<string, HelperStatus>();
  #workbench: Workbench;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
  }

  /** Reads who trains trials of a study: what came before this page listened, and the link of its room. */
  async load(studyId: string): Promise<void> {
    try {
      const crew = await this.#workbench.peers.crew(studyId);
      if (crew) this.crews.set(studyId, crew);
    } catch (thrown) {
      sayError(thrown);
    }
  }

  receive(event: WorkbenchEvent): void {
    if (event.type === 'crew') {
      const crew = this.crews.get(event.study_id);
      if (crew) this.crews.set(event.study_id, { ...crew, members: event.members });
    } else if (event.type === 'room' && event.status.study_id !== undefined) {
      const id = event.status.study_id;
      this.crews.set(id, { members: this.crews.get(id)?.members ?? [], room: event.status });
    } else if (event.type === 'helper') {
      const room = readRoomLink(event.status.link);
      if (room) this.helping.set(room.token, event.status);
    }
  }
}
