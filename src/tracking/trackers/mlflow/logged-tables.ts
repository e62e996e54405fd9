/**
 * The tag in which `mlflow.load_table` looks for tables among the files of a run: a list of `{path, type}`, as
 * `mlflow.log_table` writes it (mlflow/tracking/client.py).
 */
import * as v from 'valibot';
import { MAX_TAG } from './names';

/** Its key. */
export const TABLES_TAG = 'mlflow.loggedArtifacts';

const listSchema = v.pipe(v.string(), v.parseJson(), v.array(v.looseObject({ path: v.string(), type: v.string() })));

/** Its value with these tables in it, too. Where a tag cannot hold them all, the oldest are left out. */
export function withTables(value: string | undefined, paths: readonly string[]): string {
  const known = v.safeParse(listSchema, value ?? '[]');
  // What is no list was not written by MLflow or by us: nothing can be found by it.
  const list = known.success ? known.output : [];
  const there = new Set(list.filter(({ type }) => type === 'table').map(({ path }) => path));
  list.push(...paths.filter((path) => !there.has(path)).map((path) => ({ path, type: 'table' })));
  while (JSON.stringify(list).length > MAX_TAG) list.shift();
  return JSON.stringify(list);
}
