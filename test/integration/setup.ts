/**
 * Finds the Python that the integration tests run, once for all files: that of `LATHE_PYTHON`, or a virtual environment of
 * our own with the packages of requirements.txt. Without one the tests are skipped, and a line says why.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { ROOT } from '../../bin/build';

const run = promisify(execFile);

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');

/** Milliseconds that the packages may take to arrive. */
const INSTALL_TIMEOUT = 600_000;

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the interpreter; null: there is none, and these tests are skipped. */
    python: string | null;
  }
}

/** Called by vitest before the first test of the project. */
export default async function setup(project: TestProject): Promise<void> {
  const chosen = process.env.LATHE_PYTHON;
  if (chosen) {
    // Whoever chose it wants the tests: what is missing fails them.
    try {
      await run(chosen, ['-c', 'import cmaes, numpy, optuna, scipy']);
    } catch (error) {
      throw new Error(`LATHE_PYTHON is ${chosen}, which lacks packages. Install them: pip install -r ${REQUIREMENTS}`, {
        cause: error,
      });
    }
    project.provide('python', chosen);
    return;
  }
  try {
    project.provide('python', await environment());
  } catch (error) {
    process.stderr.write(`Tests that need Python are skipped: ${reasonOf(error)}\n`);
    project.provide('python', null);
  }
}

/** The interpreter of our own environment, which is made where it is not there yet. */
async function environment(): Promise<string> {
  const { stdout: version } = await run('python3', ['--version']);
  const key = createHash('sha256')
    .update(version)
    .update(await readFile(REQUIREMENTS))
    .digest('hex');
  const folder = join(ROOT, 'node_modules/.cache/lathe-python', key.slice(0, 16));
  const python = platform() === 'win32' ? join(folder, 'Scripts/python.exe') : join(folder, 'bin/python');
  const finished = join(folder, 'finished');
  if (existsSync(finished)) return python;

  process.stderr.write('Installing the Python packages of the integration tests …\n');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS], {
    timeout: INSTALL_TIMEOUT,
  });
  await writeFile(finished, '');
  return python;
}

/** One line of what went wrong. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'ENOENT') return 'python3 is not installed. Install it, or set LATHE_PYTHON.';
  const output = ['stderr', 'stdout'].map((stream) => String(Reflect.get(error, stream) ?? '').trim());
  const lines = output.join('\n').split('\n').filter(Boolean);
  const telling =
    lines.find((line) => /^error|not available/i.test(line)) ?? lines.at(-1) ?? error.message.split('\n')[0];
  return `their Python packages cannot be installed (${telling.trim()}).`;
}
