/** Files on their way in: what was dropped, how far it is, what was made of it, and what was refused and why. */
import { push } from 'svelte-spa-router';
import type { ImportFile, ImportResult, Progress, Workbench, WorkbenchEvent } from '../../app/api';
import { LatheError } from '../../base/errors';
import type { Library } from './library.svelte';

/** One import, from the drop to its end. */
export interface ImportJob {
  id: number;
  title: string;
  files: number;
  bytes: number;
  /** Stages in the order they came; finished ones stay. */
  stages: Progress[];
  result: ImportResult | null;
  error: LatheError | null;
}

/** What a page does with dropped files other than making datasets of them. */
export interface DropClaim {
  label: string;
  description: string;
  take: (files: ImportFile[]) => void;
}

/** Imports of this tab, newest first. */
export class Imports {
  jobs = $state<ImportJob[]>([]);
  /** The page in front wants dropped files for itself (a model predicts them). */
  claim = $state.raw<DropClaim | null>(null);
  #workbench: Workbench;
  #library: Library;
  #next = 1;

  constructor(workbench: Workbench, library: Library) {
    this.#workbench = workbench;
    this.#library = library;
  }

  get running(): boolean {
    return this.jobs.some((job) => job.result === null && job.error === null);
  }

  /** Imports files; opens the dataset or the model that came of it. */
  async start(files: ImportFile[]): Promise<void> {
    const title = files.length === 1 ? files[0].path : (files[0].path.split('/')[0] ?? 'Files');
    this.jobs.unshift({
      id: this.#next++,
      title: files.length === 1 || files[0].path.includes('/') ? title : `${files.length} files`,
      files: files.length,
      bytes: files.reduce((sum, { file }) => sum + file.size, 0),
      stages: [],
      result: null,
      error: null,
    });
    const job = this.jobs[0];
    try {
      const result = await this.#workbench.datasets.import(files);
      job.result = result;
      for (const row of result.datasets) this.#library.datasets.put(row);
      for (const row of result.models) this.#library.models.put(row);
      if (result.models.length === 1 && result.datasets.length === 0)
        await push(`/models/imported/${result.models[0].id}`);
      else if (result.datasets.length === 1) await push(`/data/${result.datasets[0].id}`);
      else if (result.datasets.length > 1) await push('/data');
      // What went well needs no reading: it leaves by itself. What did not, stays until it is dismissed.
      if (result.refused.length === 0) setTimeout(() => this.dismiss(job.id), 6000);
    } catch (thrown) {
      job.error = LatheError.from(thrown, 'data');
    }
  }

  dismiss(id: number): void {
    this.jobs = this.jobs.filter((job) => job.id !== id);
  }

  receive(event: WorkbenchEvent): void {
    if (event.type !== 'import_progress') return;
    // Imports run one after another: progress belongs to the oldest that is not done.
    const job = this.jobs.findLast(({ result, error }) => result === null && error === null);
    if (!job) return;
    const last = job.stages.at(-1);
    if (last && last.stage === event.progress.stage) job.stages[job.stages.length - 1] = event.progress;
    else job.stages.push(event.progress);
  }
}
