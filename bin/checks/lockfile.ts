/** Whether `npm ci` works on every system: the lock file names the parts for systems other than the one it was made on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { ROOT } from '../build';
import { one, type Check } from './report';

const lock = v.object({
  packages: v.record(v.string(), v.object({ optionalDependencies: v.optional(v.record(v.string(), v.string()), {}) })),
});

/** Every optional dependency of a locked package is locked, too. npm leaves out those that a registry cannot serve. */
export const lockfileCheck: Check = {
  name: 'lockfile',
  description: 'npm ci works on every system',
  alone: false,
  run(output) {
    const { packages } = v.parse(lock, JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !places(path, name).some((place) => place in packages))
        .map((name) => `${name}, which ${path} names, is not in package-lock.json`),
    );
    for (const line of missing) output.write(`  ✗ ${line}\n`);
    return Promise.resolve(one(missing.length === 0));
  },
};

/** Where Node looks for a package that the package at `path` depends on. */
function places(path: string, name: string): string[] {
  const folders = path.split(/(?<=^|\/)node_modules\//).filter(Boolean);
  return Array.from({ length: folders.length + 1 }, (_, depth) =>
    [
      ...folders.slice(0, depth).map((folder) => `node_modules/${folder.replace(/\/$/, '')}`),
      `node_modules/${name}`,
    ].join('/'),
  );
}
