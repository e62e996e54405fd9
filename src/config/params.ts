/** Configs as flat params: what trackers and registries compare runs and models by. */
import { flattenConfig } from './diff';

/** Values by dotted key. */
export type Params = Record<string, string | number | boolean | null>;

/** Leaves of the config. A list is one value, as JSON. The room that a group meets in is left out. */
export function configParams(config: object): Params {
  const params = flatParams(config);
  delete params['training.distributed.room'];
  return params;
}

/** Leaves of plain data, their keys behind `prefix`. */
export function flatParams(value: object, prefix = ''): Params {
  const leaves = [...flattenConfig(value, prefix)];
  return Object.fromEntries(leaves.map(([key, leaf]) => [key, isPlain(leaf) ? leaf : JSON.stringify(leaf)]));
}

const isPlain = (value: unknown): value is string | number | boolean | null =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);
