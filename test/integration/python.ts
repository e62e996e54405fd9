/**
 * Runs Python beside the tests of this folder, where other programs are the reference:
 *
 * ```ts
 * describePython('importance', () => {
 *   it('is that of Optuna', async () => {
 *     const theirs = await runPython('importance/reference.py', { trials }, v.record(v.string(), v.number()));
 *   });
 * });
 * ```
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { describe, inject } from 'vitest';
import type { Json } from '../../src/store/study';

/** A `describe` that is skipped where there is no Python; the line that says why stands at the start of the run. */
export const describePython = describe.skipIf(inject('python') === null);

/**
 * Runs a script of this folder: it gets `input` as JSON on its standard input and prints its answer as JSON.
 * @param script Path from `test/integration`. Modules beside it and in `reference/` can be imported.
 * @param schema What the answer is.
 * @throws Error with what the script wrote where it fails, or prints something else.
 */
export async function runPython<T>(script: string, input: Json, schema: v.GenericSchema<unknown, T>): Promise<T> {
  const child = start(script);
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  // A script that ends early closes its input; its exit code and its words say more.
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(input));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${script} ended with ${code}:\n${errors}`);
  return v.parse(schema, parse(output, script, errors));
}

/**
 * A script of this folder that goes on running, for many questions: to import what it needs takes seconds. It gets a line of
 * JSON for each, and prints a line of JSON. One question is asked at a time.
 */
export class PythonProcess {
  readonly #script: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #errors = '';

  /** Starts it. @param script path from `test/integration` */
  constructor(script: string) {
    this.#script = script;
    this.#child = start(script);
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.#answers = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /** @throws Error with what the script wrote where it ends, or prints something else */
  async ask<T>(input: Json, schema: v.GenericSchema<unknown, T>): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(input)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`${this.#script} ended:\n${this.#errors}`);
    return v.parse(schema, parse(value, this.#script, this.#errors));
  }

  /** Ends it. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill();
    await closed;
  }
}

function start(script: string): ChildProcessWithoutNullStreams {
  const python = inject('python');
  if (python === null) throw new Error('There is no Python here: put the test in describePython.');
  const path = join(import.meta.dirname, script);
  return spawn(python, [path], {
    cwd: dirname(path),
    env: {
      ...process.env,
      PYTHONPATH: join(import.meta.dirname, 'reference'),
      PYTHONDONTWRITEBYTECODE: '1',
      // Small matrices: threads cost more than they give, and other tests run beside.
      OMP_NUM_THREADS: '1',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

function parse(text: string, script: string, errors: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${script} printed no JSON:\n${text}\n${errors}`);
  }
}
