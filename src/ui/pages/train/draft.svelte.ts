/** The config that is being written: one document, edited as a form or as YAML, checked at every change. */
import type { Workbench } from '../../../app/api';
import { LatheError } from '../../../base/errors';
import { checkConfig, type ConfigProblem } from '../../../config/parse';
import { getPath, setPath } from '../../../config/path';
import { runConfigSchema, type RunConfig } from '../../../config/schema';
import { withDefaultTags } from '../../../config/tags';
import type { DatasetRow, ModelSummary } from '../../../store/schema';
import { SEARCH } from './form-layout';
import {
  parameterOfProblem,
  SPACE,
  spaceOf,
  withoutParameter,
  withoutSearch,
  withParameter,
} from './search/space-document';

/** How long typing may pause before the model is built again. */
const SETTLE_MS = 300;

/** What a draft needs of the workbench. */
export interface DraftConfigs {
  configs: Pick<Workbench['configs'], 'suggest' | 'summarize'>;
}

const withoutPlace = (message: string, place: string): string =>
  message.replace(`${place}.`, '').replace(`${place}: `, '');

/** A config on its way. */
export class Draft {
  dataset = $state.raw<DatasetRow | null>(null);
  /** What the user wrote: maybe incomplete, maybe wrong. */
  document = $state.raw<unknown>({});
  /** A problem of the text itself, while it is no YAML. */
  syntaxProblem = $state.raw<LatheError | null>(null);
  summary = $state.raw<ModelSummary | null>(null);
  /** Why there is no model of these settings and this data. */
  modelProblem = $state.raw<LatheError | null>(null);
  summarizing = $state(false);

  readonly checked = $derived(checkConfig(this.document));
  readonly config: RunConfig | null = $derived(this.checked.ok ? this.checked.config : null);
  readonly problems: ConfigProblem[] = $derived(this.checked.ok ? [] : this.checked.problems);
  /** The config as one of a single run: right or wrong whatever is said of a search. */
  readonly single: RunConfig | null = $derived.by(() => {
    if (this.config) return this.config;
    const checked = this.searching ? checkConfig(withoutSearch(this.document)) : this.checked;
    return checked.ok ? checked.config : null;
  });
  /** The ranges that are searched, by key, as they are written. */
  readonly space: Record<string, unknown> = $derived(spaceOf(this.document));

  #workbench: DraftConfigs;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  constructor(workbench: DraftConfigs) {
    this.#workbench = workbench;
  }

  /** Takes another dataset; settings start again from what suits it. Whether it is searched stays as it is. */
  choose(dataset: DatasetRow): void {
    const { searching } = this;
    this.dataset = dataset;
    this.document = this.#workbench.configs.suggest(dataset);
    this.syntaxProblem = null;
    if (searching) this.set(`${SEARCH}.enabled`, true);
  }

  /** Takes a document that leaves out what is as usual: the form shows it whole where it is right. */
  open(document: unknown, dataset: DatasetRow | null): void {
    const result = checkConfig(document);
    this.replace(result.ok ? result.config : document, dataset);
  }

  /** Takes a document as it is written in the YAML editor. */
  replace(document: unknown, dataset: DatasetRow | null = this.dataset): void {
    // `sampler: tpe` is a section too: the form reads and changes what is inside it.
    this.document = withDefaultTags(runConfigSchema, document);
    this.dataset = dataset;
    this.syntaxProblem = null;
  }

  /** The value of a key, or `fallback` where the document leaves it out. */
  value(path: string, fallback: unknown): unknown {
    const value = getPath(this.document, path);
    return value === undefined ? fallback : value;
  }

  set(path: string, value: unknown): void {
    this.document = setPath(this.document, path, value);
  }

  /** Problems of a key, and of keys inside it that have no field of their own. */
  problemsOf(path: string, inside = false): ConfigProblem[] {
    return this.problems.filter(({ key }) => key === path || (inside && key.startsWith(`${path}.`)));
  }

  /** Whether the document asks for a search rather than one run. */
  get searching(): boolean {
    return this.value(`${SEARCH}.enabled`, false) === true;
  }

  /** Searches `key` by this range: a new one, or a change of the one it has. */
  setParameter(key: string, spec: unknown): void {
    this.document = withParameter(this.document, key, spec);
  }

  /** Searches `key` no longer: its value in the config holds again. */
  removeParameter(key: string): void {
    this.document = withoutParameter(this.document, key);
  }

  /**
   * Problems of the range of `key`, in words that leave out where it stands; `rest` is the part of the range that they
   * are about, '' for the whole.
   */
  problemsOfParameter(key: string): { rest: string; message: string }[] {
    const keys = Object.keys(this.space);
    return this.problems.flatMap((problem) => {
      const found = parameterOfProblem(problem.key, keys);
      return found?.key === key
        ? [{ rest: found.rest, message: withoutPlace(problem.message, `${SPACE}.${key}`) }]
        : [];
    });
  }

  /** Builds the model of the present settings, once they have settled. Called whenever they change. */
  summarize(): void {
    clearTimeout(this.#timer);
    const { single: config, dataset } = this;
    const asked = ++this.#asked;
    if (!config || !dataset) {
      this.summary = null;
      this.modelProblem = null;
      this.summarizing = false;
      return;
    }
    this.summarizing = true;
    this.#timer = setTimeout(() => void this.#ask(config, dataset.id, asked), SETTLE_MS);
  }

  async #ask(config: RunConfig, datasetId: string, asked: number): Promise<void> {
    let summary: ModelSummary | null = null;
    let problem: LatheError | null = null;
    try {
      summary = await this.#workbench.configs.summarize(config, datasetId);
    } catch (thrown) {
      problem = LatheError.from(thrown, 'config');
    }
    // A newer question is on its way: this answer is about settings that no longer stand.
    if (asked !== this.#asked) return;
    this.summary = summary;
    this.modelProblem = problem;
    this.summarizing = false;
  }
}
