/** A project of vitest as a check: its tests are counted one by one. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { runTool, type Check, type Outcome } from './report';

const report = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  numTodoTests: v.number(),
  testResults: v.array(v.object({ name: v.string(), status: v.string(), assertionResults: v.array(v.unknown()) })),
});

/** The tests of one vitest project. */
export function suite(project: string, description: string): Check {
  return {
    name: project,
    description,
    async run(): Promise<Outcome> {
      const folder = mkdtempSync(join(tmpdir(), 'lathe-test-'));
      const file = join(folder, 'report.json');
      try {
        const code = await runTool('vitest', [
          'run',
          '--configLoader',
          'runner',
          '--project',
          project,
          '--reporter=default',
          '--reporter=json',
          `--outputFile.json=${file}`,
        ]);
        return count(file, code);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

function count(file: string, code: number): Outcome {
  let parsed: v.InferOutput<typeof report>;
  try {
    parsed = v.parse(report, JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }; // vitest ended before it could write; what it said stands above.
  }
  // A file that cannot be loaded has no tests to fail.
  const broken = parsed.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
  const failed = parsed.numFailedTests + broken;
  return {
    passed: parsed.numPassedTests,
    // An error outside of any test fails the run, too.
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: parsed.numPendingTests + parsed.numTodoTests,
  };
}
