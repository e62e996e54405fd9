/** Builds the page into `dist/` when what it is made of has changed since the last build. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LatheError } from '../src/base/errors';
import { acquireLock } from './lock';

/** The project's root folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The folder of the built page. */
export const DIST = join(ROOT, 'dist');

/** Names the inputs that a build was made of; written into the build itself by `vite.config.ts`. */
export const STAMP_FILE = 'build.json';

/** What a build is made of: files, or folders with everything in them. */
const INPUTS = [
  'index.html',
  'package-lock.json',
  'vite.config.ts',
  'tsconfig.json',
  'bin/build.ts',
  'server/csp.ts',
  'public',
  'src',
  'workers',
];

/** SHA-256 over the paths and bytes of everything that a build is made of. */
export function inputsFingerprint(root = ROOT): string {
  const hash = createHash('sha256');
  for (const path of INPUTS.flatMap((input) => filesBelow(join(root, input))).sort()) {
    hash
      .update(`${relative(root, path).split(sep).join('/')}\0`)
      .update(readFileSync(path))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesBelow(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return [];
  if (!stats.isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => filesBelow(join(path, name)));
}

/** Whether `dist/` holds a build of today's inputs. */
export function isBuilt(): boolean {
  try {
    const stamp: unknown = JSON.parse(readFileSync(join(DIST, STAMP_FILE), 'utf8'));
    return (
      typeof stamp === 'object' &&
      stamp !== null &&
      'inputs_sha256' in stamp &&
      stamp.inputs_sha256 === inputsFingerprint()
    );
  } catch {
    return false; // No build, or one cut off in the middle.
  }
}

/**
 * Builds the page unless that was done already. The builder's own words go to stderr.
 * @param say told in one line when a build starts
 * @throws LatheError of kind `internal` when the build fails
 */
export async function ensureBuilt(say: (line: string) => void = () => {}): Promise<void> {
  if (isBuilt()) return;
  // Two commands started together build once.
  const lock = await acquireLock(join(ROOT, 'node_modules/.cache/lathe-build.lock'), { wait_ms: 300_000 });
  try {
    if (isBuilt()) return;
    say('Building the page…');
    await build();
  } finally {
    lock.release();
  }
}

function build(): Promise<void> {
  return new Promise((resolve, reject) => {
    const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
    // A process of its own: the bundler's memory is given back before a browser starts.
    const child = spawn(process.execPath, [vite, 'build', '--configLoader', 'runner', '--logLevel', 'warn'], {
      cwd: ROOT,
      stdio: ['ignore', 2, 2],
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0
        ? resolve()
        : reject(
            new LatheError(
              'internal',
              'The page could not be built; the reason stands above. Run npm ci, then try again.',
            ),
          ),
    );
  });
}
