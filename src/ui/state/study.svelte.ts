/**
 * One study as the page shows it: its trials, read from the store once and then replaced one by one as events tell of
 * them, and what is chosen among them, which every chart and the table share.
 */
import type { Workbench, WorkbenchEvent } from '../../app/api';
import type { TrialRow } from '../../store/study';
import { sayError } from './toasts';

/** Where trials are read from. */
export type StoredTrials = Pick<Workbench, 'subscribe'> & { studies: Pick<Workbench['studies'], 'trials'> };

/** Trials of one study, and the choice among them. */
export class StudyState {
  /** By number. A new list after every change; rows that did not change stay the same objects. */
  trials = $state.raw<readonly TrialRow[]>([]);
  loaded = $state(false);
  /** The trial under the pointer, in whichever view. */
  hovered = $state<number | null>(null);
  /** Numbers that a drag across a chart chose; null: all. */
  brushed = $state.raw<ReadonlySet<number> | null>(null);
  /** Numbers ticked in the table. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- replaced, never changed
  chosen = $state.raw<ReadonlySet<number>>(new Set());
  #studyId: string;
  #workbench: StoredTrials;
  /** Rows that wait for the next frame; a later one of the same trial takes the place of an earlier. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing is drawn from it
  #pending = new Map<number, TrialRow>();
  #frame = 0;

  constructor(workbench: StoredTrials, studyId: string) {
    this.#workbench = workbench;
    this.#studyId = studyId;
  }

  /** Reads the trials and follows the study; returns the function that stops following. */
  open(): () => void {
    const stop = this.#workbench.subscribe((event) => this.#receive(event));
    void this.#load();
    return () => {
      stop();
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
    };
  }

  /** The trial of a number, if the study has it. */
  find(number: number | null | undefined): TrialRow | undefined {
    if (number === null || number === undefined) return undefined;
    const row = this.trials.at(number);
    return row?.number === number ? row : this.trials.find((trial) => trial.number === number);
  }

  async #load(): Promise<void> {
    try {
      this.trials = await this.#workbench.studies.trials(this.#studyId);
    } catch (thrown) {
      sayError(thrown);
    }
    this.loaded = true;
    // What was heard while the store was read is newer than what was read.
    this.#flush();
  }

  #receive(event: WorkbenchEvent): void {
    if (event.type !== 'trial' || event.study_id !== this.#studyId) return;
    this.#pending.set(event.trial.number, event.trial);
    if (!this.loaded || this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#pending.size === 0) return;
    const trials = [...this.trials];
    let ordered = true;
    for (const [number, row] of this.#pending) {
      const index = trials[number]?.number === number ? number : trials.findIndex((trial) => trial.number === number);
      if (index >= 0) trials[index] = row;
      else {
        ordered &&= trials.length === 0 || trials[trials.length - 1].number < number;
        trials.push(row);
      }
    }
    this.#pending.clear();
    if (!ordered) trials.sort((a, b) => a.number - b.number);
    this.trials = trials;
  }
}
