/** What is in the workbench: datasets, runs, imported models, read again when something changes in this tab or another. */
import type { Workbench, WorkbenchEvent } from '../../app/api';
import type { DatasetRow, ModelRow, RunRow } from '../../store/schema';
import type { StudyRow } from '../../store/study';
import { assignColors } from './run-colors';
import { sayError } from './toasts';

interface Row {
  id: string;
  created: number;
}

/** A list of rows that follows the store. Rows come newest first. */
class Shelf<T extends Row> {
  rows = $state.raw<T[]>([]);
  /** False until the first reading is through: an empty list is not yet an empty place. */
  loaded = $state(false);
  #list: () => Promise<T[]>;
  #get: (id: string) => Promise<T>;
  #belongs: (row: T) => boolean;
  /** Told of each row that takes the place of an older one. */
  onreplace: ((before: T, after: T) => void) | null = null;
  #stale = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param belongs Whether a row has its place on this shelf. */
  constructor(list: () => Promise<T[]>, get: (id: string) => Promise<T>, belongs: (row: T) => boolean = () => true) {
    this.#list = list;
    this.#get = get;
    this.#belongs = belongs;
  }

  async load(): Promise<void> {
    try {
      const rows = await this.#list();
      this.rows = rows.sort((a, b) => b.created - a.created);
      this.loaded = true;
    } catch (thrown) {
      sayError(thrown);
    }
  }

  /** The row with this id, if it is in the list. */
  find(id: string | null | undefined): T | undefined {
    return this.rows.find((row) => row.id === id);
  }

  /** Puts a row that a command returned in place at once, before the event of its change arrives. */
  put(row: T): void {
    if (!this.#belongs(row)) return;
    const index = this.rows.findIndex(({ id }) => id === row.id);
    const before = this.rows.at(index);
    this.rows = index < 0 ? [row, ...this.rows] : this.rows.with(index, row);
    if (index >= 0 && before) this.onreplace?.(before, row);
  }

  drop(id: string): void {
    this.rows = this.rows.filter((row) => row.id !== id);
  }

  /** Reads the row again soon; a training run changes often, so changes are gathered. */
  touch(id: string): void {
    this.#stale.add(id);
    if (this.#timer === undefined) this.#timer = setTimeout(() => void this.#refresh(), 120);
  }

  async #refresh(): Promise<void> {
    this.#timer = undefined;
    const ids = [...this.#stale];
    this.#stale.clear();
    if (ids.length > 8) return this.load();
    for (const id of ids) {
      try {
        const row = await this.#get(id);
        const deleted = 'deleted_at' in row && row.deleted_at !== null;
        if (deleted || !this.#belongs(row)) this.drop(id);
        else this.put(row);
      } catch {
        // It is gone: deleted rows are not found.
        this.drop(id);
      }
    }
    this.rows = this.rows.toSorted((a, b) => b.created - a.created);
  }
}

/** All shelves of the workbench. */
export class Library {
  readonly datasets: Shelf<DatasetRow>;
  readonly runs: Shelf<RunRow>;
  /** Runs of trials that were opened in this visit: they are listed with their study, not among the runs. */
  readonly trialRuns: Shelf<RunRow>;
  readonly models: Shelf<ModelRow>;
  readonly studies: Shelf<StudyRow>;

  #workbench: Workbench;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
    this.datasets = new Shelf(
      () => workbench.datasets.list(),
      (id) => workbench.datasets.get(id),
    );
    this.runs = new Shelf(
      () => workbench.runs.list(),
      (id) => workbench.runs.get(id),
      (run) => run.trial === null,
    );
    this.trialRuns = new Shelf(
      () => Promise.resolve(this.trialRuns.rows),
      (id) => workbench.runs.get(id),
      (run) => run.trial !== null,
    );
    this.models = new Shelf(
      () => workbench.models.list(),
      (id) => workbench.models.get(id),
    );
    this.studies = new Shelf(
      () => workbench.studies.list(),
      (id) => workbench.studies.get(id),
    );
  }

  async load(): Promise<void> {
    await Promise.all([this.datasets.load(), this.runs.load(), this.models.load(), this.studies.load()]);
    assignColors(this.runs.rows.map(({ id }) => id).reverse());
  }

  receive(event: WorkbenchEvent): void {
    if (event.type !== 'changed' || event.noun === 'registered_model') return;
    const shelf = { dataset: this.datasets, run: this.runs, model: this.models, study: this.studies }[event.noun];
    shelf.touch(event.id);
    if (this.trialRuns.find(event.id)) this.trialRuns.touch(event.id);
  }

  /** Reads a run that is a trial’s, if it is one. Resolves when it is known. */
  async openTrialRun(id: string): Promise<void> {
    try {
      this.trialRuns.put(await this.#workbench.runs.get(id));
    } catch {
      // There is no such run: the page says so.
    }
  }

  /** Finished runs with weights to predict with. */
  get trained(): RunRow[] {
    return this.runs.rows.filter((run) => run.best_checkpoint !== null || run.weights_sha256 !== null);
  }
}
