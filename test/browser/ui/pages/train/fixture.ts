/** The Train page and its parts in front of a workbench that only notes what it is asked for. */
import { flushSync, mount, unmount, type Component } from 'svelte';
import type { Workbench } from '../../../../../src/app/api';
import { parseConfig } from '../../../../../src/config/parse';
import type { RunConfig } from '../../../../../src/config/schema';
import type { TableDatasetRow } from '../../../../../src/store/schema';
import type { StudyRow } from '../../../../../src/store/study';
import { Draft, type DraftConfigs } from '../../../../../src/ui/pages/train/draft.svelte';
import { provideSession, Session } from '../../../../../src/ui/state/session.svelte';
import '../../../../../src/ui/styles/base.css';
import '../../../../../src/ui/styles/tokens.css';
import { memoryTracking } from '../../../../helpers/memory-tracking';

/** A table of two numbers and a class. */
export const DATASET: TableDatasetRow = {
  id: 'd1',
  name: 'points',
  created: 0,
  deleted_at: null,
  content_hash: 'h1',
  kind: 'table',
  examples: 900,
  test_examples: 0,
  bytes: 1,
  source: { files: [], sample: null },
  notices: [],
  columns: [],
  decimal_comma: false,
  chunks: [],
};

/** Answers as the real one does where the form asks it. */
const configs: DraftConfigs['configs'] = {
  suggest: ({ name }) => parseConfig({ data: { dataset: name }, model: { architecture: 'mlp', hidden: [64, 32] } }),
  summarize: () => new Promise(() => undefined),
};

/** A draft on `DATASET`. */
export function draftOf(document: unknown): Draft {
  const draft = new Draft({ configs });
  draft.open(document, DATASET);
  return draft;
}

/** What `studies.start` was called with. */
export interface StartedStudy {
  config: RunConfig;
  datasetId: string;
  options: { warmStart?: string } | undefined;
}

/** A workbench with `DATASET` and `studies` in it. */
export function workbenchWith(studies: StudyRow[], started: StartedStudy[]): Workbench {
  const parts = {
    configs,
    subscribe: () => () => undefined,
    datasets: { list: async () => [DATASET] },
    runs: { list: async () => [] },
    models: { list: async () => [] },
    studies: {
      list: async () => studies,
      start: async (config: RunConfig, datasetId: string, options?: { warmStart?: string }) => {
        started.push({ config, datasetId, options });
        return studyRow('s2', 'points mlp', 'd1');
      },
    },
    tracking: memoryTracking().tracking,
    device: { probe: () => new Promise(() => undefined), storage: () => new Promise(() => undefined) },
  };
  // The page under test asks for nothing else.
  return parts as unknown as Workbench;
}

/** A study of 12 trials. */
export function studyRow(id: string, name: string, datasetId: string): StudyRow {
  return {
    id,
    name,
    created: Date.now(),
    updated: Date.now(),
    deleted_at: null,
    status: 'finished',
    reason: null,
    config: null,
    config_hash: null,
    dataset_id: datasetId,
    dataset_name: null,
    dataset_hash: `hash of ${datasetId}`,
    objectives: [{ metric: 'val_loss', direction: 'minimize' }],
    space: {},
    warm_start: null,
    notes: '',
    tags: [],
    counts: { waiting: 0, running: 0, complete: 10, pruned: 2, failed: 0 },
    best: null,
    seconds: 1,
    steps: 1,
    notices: [],
  };
}

/** Puts a component on the page, within a session, until `remove` is called. */
export function show<Props extends Record<string, unknown>>(
  component: Component<Props>,
  props: Props,
  session = new Session(workbenchWith([], [])),
): { target: HTMLElement; remove: () => Promise<void> } {
  const target = document.createElement('div');
  target.style.width = '640px';
  document.body.append(target);
  const WithSession: Component<Props> = (internals, given) => {
    provideSession(session);
    return component(internals, given);
  };
  const mounted = mount(WithSession, { target, props, context: new Map() });
  flushSync();
  return {
    target,
    remove: async () => {
      await unmount(mounted);
      target.remove();
    },
  };
}
