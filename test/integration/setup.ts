/**
 * Finds the Python that the integration tests run, once for all files: that of `LATHE_PYTHON`, or a virtual environment of
 * our own with the packages of requirements.txt and requirements-without-dependencies.txt. Without one the tests are
 * skipped, and a line says why.
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
const WITHOUT_DEPENDENCIES = join(import.meta.dirname, 'requirements-without-dependencies.txt');

/** Modules of those packages that tests import or start. */
const MODULES = ['cmaes', 'mlflow', 'numpy', 'openwandb', 'optuna', 'PIL', 'scipy', 'tensorboard'];

/** Milliseconds that the packages may take to arrive. */
const INSTALL_TIMEOUT = 600_000;

/** Wheels only: to build one of these from its source takes compilers and many minutes. */
const WHEELS = ['--quiet', '--only-binary', ':all:'];
const PIP = ['-m', 'pip', 'install', '--disable-pip-version-check', ...WHEELS];
/** Installs in a third of pip's time. What is compiled here, no process has to compile for itself. */
const UV = ['-m', 'uv', 'pip', 'install', '--compile-bytecode', ...WHEELS];

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
    const missing = await missingIn(chosen);
    if (missing.length > 0) {
      throw new Error(
        `LATHE_PYTHON is ${chosen}, which lacks ${missing.join(', ')}. Install them: pip install -r ${REQUIREMENTS}, then pip install --no-deps -r ${WITHOUT_DEPENDENCIES}`,
      );
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

/** Which of the modules an interpreter does not find. They are looked for, not loaded: to import them all takes seconds. */
async function missingIn(python: string): Promise<string[]> {
  const names = JSON.stringify(MODULES);
  const look = `from importlib.util import find_spec; print(*[name for name in ${names} if not find_spec(name)])`;
  const { stdout } = await run(python, ['-c', look]);
  return stdout.split(/\s+/).filter(Boolean);
}

/** The interpreter of our own environment, which is made where it is not there yet. */
async function environment(): Promise<string> {
  const { stdout: version } = await run('python3', ['--version']);
  const key = createHash('sha256')
    .update(version)
    .update(await readFile(REQUIREMENTS))
    .update(await readFile(WITHOUT_DEPENDENCIES))
    .digest('hex');
  const folder = join(ROOT, 'node_modules/.cache/lathe-python', key.slice(0, 16));
  const python = platform() === 'win32' ? join(folder, 'Scripts/python.exe') : join(folder, 'bin/python');
  const finished = join(folder, 'finished');
  if (existsSync(finished)) return python;

  process.stderr.write('Installing the Python packages of the integration tests …\n');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(python, [...PIP, 'uv'], { timeout: INSTALL_TIMEOUT });
  const packages = [
    ['-r', REQUIREMENTS],
    ['--no-deps', '-r', WITHOUT_DEPENDENCIES],
  ];
  for (const wanted of packages) {
    try {
      await run(python, [...UV, '--python', python, ...wanted], { timeout: INSTALL_TIMEOUT });
    } catch (error) {
      // pip reads the settings of this machine, such as another registry, which uv does not.
      process.stderr.write(`uv cannot install them, pip tries: ${reasonOf(error)}\n`);
      await run(python, [...PIP, ...wanted], { timeout: INSTALL_TIMEOUT });
    }
  }
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
