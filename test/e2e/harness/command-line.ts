/** Runs `lathe` as a user does, in a process of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../../bin/build';

/** What a finished command left. */
export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
  /** The one object of `--json`. */
  json: () => Record<string, unknown>;
  /** The lines of progress under `--json`. */
  events: () => Record<string, unknown>[];
}

/** A command that runs. */
export interface Running {
  /** Resolves with the first progress event that matches; rejects when the command ends before. */
  until(matches: (event: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  interrupt(signal?: NodeJS.Signals): void;
  finished: Promise<Finished>;
}

/** A folder that is gone after the test. */
export function scratchFolder(): { path: string; file(name: string): string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'lathe-e2e-'));
  return {
    path,
    file: (name) => join(path, name),
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
}

/** Starts `lathe ARGS` as called from `folder`. */
export function startLathe(args: string[], folder: string, environment: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, ['--import', 'tsx', 'bin/lathe.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, INIT_CWD: folder, XDG_DATA_HOME: join(folder, '.data'), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const listener of listeners) listener();
  });

  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({
        code,
        stdout,
        stderr,
        json: () => {
          const value = parse(stdout);
          if (!isObject(value)) throw new Error(`lathe ended with ${code}; stdout: ${stdout}\nstderr: ${stderr}`);
          return value;
        },
        events: () => eventsOf(stderr),
      }),
    );
  });

  return {
    finished,
    interrupt: (signal = 'SIGINT') => void child.kill(signal),
    until: (matches) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = eventsOf(stderr).find(matches);
          if (!found) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
        void finished.then(({ code }) => reject(new Error(`lathe ended with ${code} before that event:\n${stderr}`)));
      }),
  };
}

/** Runs `lathe ARGS` to its end. */
export const lathe = (args: string[], folder: string, environment?: NodeJS.ProcessEnv): Promise<Finished> =>
  startLathe(args, folder, environment).finished;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function eventsOf(stderr: string): Record<string, unknown>[] {
  // The last piece is a line only once its end has arrived.
  const lines = stderr.split('\n').slice(0, -1);
  return lines
    .filter((line) => line.startsWith('{'))
    .map((line): unknown => JSON.parse(line))
    .filter(isObject);
}
