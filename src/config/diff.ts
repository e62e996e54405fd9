/** The keys in which configs differ: what a comparison of runs shows, and nothing else. */
import type { RunConfig } from './schema';

/** One key, with its value in each config (undefined where a config lacks it). */
export interface ConfigDifference {
  key: string;
  values: unknown[];
}

/** Leaves of a config by dotted path. A list of plain values is one leaf; a list of objects is walked into. */
export function flattenConfig(value: unknown, prefix = ''): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  const walk = (node: unknown, path: string): void => {
    const walkable = Array.isArray(node)
      ? node.some((item) => typeof item === 'object' && item !== null)
      : typeof node === 'object' && node !== null && Object.keys(node).length > 0;
    if (!walkable) {
      leaves.set(path, node);
      return;
    }
    for (const [key, inner] of Object.entries(node as object)) walk(inner, path ? `${path}.${key}` : key);
  };
  walk(value, prefix);
  return leaves;
}

/** The keys whose values are not the same in all `configs`, in the order of the first config. The run's name is left out. */
export function diffConfigs(configs: RunConfig[]): ConfigDifference[] {
  const flat = configs.map((config) => flattenConfig(config));
  const keys = [...new Set(flat.flatMap((leaves) => [...leaves.keys()]))].filter((key) => key !== 'name');
  return keys
    .map((key) => ({ key, values: flat.map((leaves) => leaves.get(key)) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}
