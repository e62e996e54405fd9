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
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
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
  const python = inject('python');
  if (python === null) throw new Error('There is no Python here: put the test in describePython.');
  const path = join(import.meta.dirname, script);
  const child = spawn(python, [path], {
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
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    throw new Error(`${script} printed no JSON:\n${output}\n${errors}`);
  }
  return v.parse(schema, answer);
}
