/** What a check of `npm test` is, and how programs are run for it. */
import { spawn } from 'node:child_process';
import { ROOT } from '../build';

/** How a check went. A check that is no suite of tests counts as one. */
export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
}

/** One check. */
export interface Check {
  name: string;
  description: string;
  run(): Promise<Outcome>;
}

/** The outcome of a check that is one thing. */
export const one = (ok: boolean): Outcome => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 });

/** Runs a program of the project's dependencies with its output shown; resolves to its exit code. */
export function runTool(command: string, args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('npx', ['--no-install', command, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      // On Windows npx is a script, which only a shell starts.
      shell: process.platform === 'win32',
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** A check that a program passes when it exits with 0. */
export function toolCheck(name: string, description: string, command: string, args: string[]): Check {
  return { name, description, run: async () => one((await runTool(command, args)) === 0) };
}

const tty = process.stdout.isTTY;

/** Text that stands out on a terminal. */
export const bold = (text: string): string => (tty ? `\u001b[1m${text}\u001b[0m` : text);

/** `12.3 s`. */
export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
