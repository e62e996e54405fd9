/** An objective of the user's own: a module that exports `space`, as in the config, and `objective(params)`. */
import { existsSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { LatheError } from '../../src/base/errors';
import { searchSpace } from '../../src/config/search/space';
import type { TrialParams } from '../../src/store/study';
import type { Objective } from './functions';

const moduleShape = v.object({
  space: searchSpace,
  objective: v.custom<(params: TrialParams) => unknown>((value) => typeof value === 'function', 'Expected a function'),
});

/**
 * Reads the module at `path`; the objective is called as the file is. What it returns that is no number counts as a failed
 * trial.
 * @throws LatheError of kind `usage` where there is no such file or it exports something else
 */
export async function readObjective(path: string): Promise<Objective> {
  if (!existsSync(path)) throw new LatheError('usage', `--objective: there is no file ${path}.`, { file: path });
  const result = v.safeParse(moduleShape, await load(path));
  if (!result.success) {
    const [issue] = result.issues;
    throw new LatheError(
      'usage',
      `${path}: ${v.getDotPath(issue) ?? 'the module'}: ${issue.message}. The file exports space, as search_space of the config, and objective(params).`,
      { file: path, key: v.getDotPath(issue) ?? undefined },
    );
  }
  const { space, objective } = result.output;
  if (Object.keys(space).length === 0)
    throw new LatheError('usage', `${path}: space has no parameter.`, { file: path });
  return {
    name: basename(path, extname(path)),
    space,
    evaluate: async (params) => {
      const value = await objective(params);
      return typeof value === 'number' ? value : NaN;
    },
  };
}

async function load(path: string): Promise<object> {
  try {
    // A namespace object is no plain one.
    return { ...((await import(pathToFileURL(path).href)) as object) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new LatheError('usage', `${path} cannot be loaded: ${message}`, { file: path }, [], { cause: error });
  }
}
