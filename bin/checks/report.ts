/** What a check of `npm test` is, and how programs are run for it. */
import { spawn } from 'node:child_process';
import { ROOT } from '../build';

/** How a check went. A check that is no suite of tests counts as one. */
export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  /** What failed, a line each. Empty where the check itself is all that has a name. */
  failures: string[];
}

/** Where the words of a check go: to the terminal as they come, or all at once when it is done. */
export interface Output {
  live: boolean;
  write(text: string): void;
}

/** One check. */
export interface Check {
  name: string;
  description: string;
  /** It keeps more than one processor busy: nothing runs beside it. */
  alone: boolean;
  run(output: Output): Promise<Outcome>;
}

/** The outcome of a check that is one thing. */
export const one = (ok: boolean): Outcome => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, failures: [] });

/** Runs a program of the project's dependencies with its output shown; resolves to its exit code. */
export function runTool(command: string, args: string[], output: Output): Promise<number> {
  return new Promise((resolve, reject) => {
    const pipe = output.live ? 'inherit' : 'pipe';
    const child = spawn('npx', ['--no-install', command, ...args], {
      cwd: ROOT,
      stdio: ['ignore', pipe, pipe],
      env: { ...process.env, ...(tty && !output.live && { FORCE_COLOR: '1' }) },
      // On Windows npx is a script, which only a shell starts.
      shell: process.platform === 'win32',
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => output.write(text));
    }
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

/** A check that a program passes when it exits with 0. */
export function toolCheck(name: string, description: string, command: string, args: string[]): Check {
  return {
    name,
    description,
    alone: false,
    run: async (output) => one((await runTool(command, args, output)) === 0),
  };
}

const tty = process.stdout.isTTY;

/** Text that stands out on a terminal. */
export const bold = (text: string): string => (tty ? `\u001b[1m${text}\u001b[0m` : text);

/** `12.3 s`. */
export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
