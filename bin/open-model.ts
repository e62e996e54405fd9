/** A trained model that a command names: a bundle's file, a run of the profile, or a version of a registered model of it. */
import { existsSync } from 'node:fs';
import { LatheError } from '../src/base/errors';
import { MODELS_SCHEME, parseModelUri, type VersionAddress } from '../src/config/registered-models';
import type { ModelRef } from '../src/store/schema';
import { statArgument, userPath } from './arguments';
import type { DrivenPage } from './page';
import { nothing, versionRef } from './results';
import { findRun } from './runs';

/** What a name means, as far as that can be told without looking into the profile. */
export type NamedModel =
  { kind: 'bundle'; path: string } | ({ kind: 'registered' } & VersionAddress) | { kind: 'run'; name: string };

/**
 * What `name` means: an address (`models:/digits@champion`), the path of a bundle, or a run.
 * @throws LatheError of kind `usage` where it is an address that cannot be, or written as a path and nothing is there
 */
export function namedModel(name: string): NamedModel {
  const registered = registeredModel(name);
  if (registered) return registered;
  if (existsSync(userPath(name))) return { kind: 'bundle', path: userPath(name) };
  if (/[./\\]/.test(name)) statArgument('BUNDLE', userPath(name));
  return { kind: 'run', name };
}

/** The version that an address names; null where `name` is no address. @throws LatheError of kind `usage` */
export function registeredModel(name: string): Extract<NamedModel, { kind: 'registered' }> | null {
  if (!name.startsWith(MODELS_SCHEME)) return null;
  const address = parseModelUri(name);
  if (address) return { kind: 'registered', ...address };
  throw new LatheError(
    'usage',
    `${name} names no version of a registered model. Write models:/NAME/3, models:/NAME/latest or models:/NAME@ALIAS.`,
  );
}

/** A version of a registered model of the profile. @throws LatheError of kind `not_found` */
export async function findVersion(page: DrivenPage, { model, version }: VersionAddress): Promise<ModelRef> {
  return page.call('registry', 'load', ['local', model, version], versionRef);
}

/**
 * Runs `work` with a model.
 * @throws LatheError of kind `bundle` or `not_found`
 */
export async function withModel<T>(
  page: DrivenPage,
  named: NamedModel,
  work: (model: ModelRef) => Promise<T>,
): Promise<T> {
  if (named.kind === 'registered') return work(await findVersion(page, named));
  if (named.kind === 'run') return work({ run_id: (await findRun(page, named.name)).id });
  const { id } = await page.importBundle(named.path);
  try {
    return await work({ model_id: id });
  } finally {
    // The profile keeps runs; a bundle stays the file it is. A browser that died takes care of itself.
    await page.call('models', 'remove', [id], nothing).catch(() => undefined);
  }
}
