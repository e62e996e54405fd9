/** What of a config sends a run to a destination that the user keeps: which settings say so, and which say no longer. */
import type { Destination } from '../../../store/delivery';
import type { Json } from '../../../store/study';

/** A setting of the config, and what it says where it says nothing. */
interface Setting {
  path: string;
  usual: Json;
}

/** Settings that make the model a version of a registered model, here or at a server. */
const URI = 'registry.mlflow.tracking_uri';
const MODEL = 'registry.mlflow.model_name';

/** By kind: the setting of the config that each option is. */
const SETTINGS: Record<string, Record<string, Setting>> = {
  mlflow: {
    url: { path: URI, usual: null },
    experiment: { path: 'logging.mlflow.experiment', usual: null },
    model_name: { path: MODEL, usual: null },
    alias: { path: 'registry.mlflow.alias', usual: null },
  },
  wandb: {
    url: { path: 'logging.wandb.base_url', usual: 'https://api.wandb.ai' },
    project: { path: 'logging.wandb.project', usual: null },
    entity: { path: 'logging.wandb.entity', usual: null },
  },
  prometheus: {
    url: { path: 'logging.prometheus.gateway', usual: null },
    job: { path: 'logging.prometheus.job', usual: 'lathe' },
  },
};

/** By kind: the switch that goes with them. Without one, a run is sent where there is an address. */
const SWITCHES: Record<string, { path: string; on: Json; off: Json }> = {
  mlflow: { path: 'logging.mlflow.enabled', on: null, off: null },
  wandb: { path: 'logging.wandb.enabled', on: true, off: false },
};

/** A config as it is being written. */
export interface Document {
  value(path: string, fallback: unknown): unknown;
  set(path: string, value: unknown): void;
}

/** Whether a config can name destinations of this kind. */
export const hasSettings = ({ kind }: Destination): boolean => kind in SETTINGS;

/** What a destination says, as settings. */
const settingsOf = ({ kind, options }: Destination): (Setting & { value: Json })[] =>
  Object.entries(SETTINGS[kind] ?? {}).flatMap(([option, setting]) => {
    const value = options[option] ?? null;
    return value === null ? [] : [{ ...setting, value }];
  });

/** Whether the config sends its run to this destination, with all that the destination says. */
export function isChosen(destination: Destination, document: Document): boolean {
  const turn = SWITCHES[destination.kind];
  // Of MLflow null stands for “where there is an address”, which is compared below.
  if (turn && document.value(turn.path, turn.off) !== turn.on && document.value(turn.path, turn.off) !== true)
    return false;
  return settingsOf(destination).every(({ path, usual, value }) => same(document.value(path, usual), value));
}

/** An address with and without its last slash is the same. */
const same = (a: unknown, b: unknown): boolean =>
  typeof a === 'string' && typeof b === 'string' ? a.replace(/\/$/, '') === b.replace(/\/$/, '') : a === b;

/** Has the config send its run to this destination. */
export function choose(destination: Destination, document: Document): void {
  const turn = SWITCHES[destination.kind];
  if (turn) document.set(turn.path, turn.on);
  for (const { path, value } of settingsOf(destination)) document.set(path, value);
}

/** Has the config send its run there no longer. */
export function unchoose(destination: Destination, document: Document): void {
  const turn = SWITCHES[destination.kind];
  if (turn) document.set(turn.path, turn.off);
  for (const { path, usual } of settingsOf(destination)) document.set(path, usual);
}

/** Whether the model is kept as a version of a registered model of this browser. */
export const isKeptHere = (document: Document): boolean => document.value(URI, null) === 'local';

/** Has the model kept here, or no longer. @param name what its registered model is called, where nothing is said yet */
export function keepHere(document: Document, on: boolean, name: string): void {
  document.set(URI, on ? 'local' : null);
  if (on) document.set(MODEL, document.value(MODEL, null) ?? name.replace(/[/:]/g, '-').trim());
}
