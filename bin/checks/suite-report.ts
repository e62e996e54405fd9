/** What a run of vitest came to, from the report that it writes as JSON. */
import { relative } from 'node:path';
import * as v from 'valibot';
import { ROOT } from '../build';
import type { Outcome } from './report';

const test = v.object({
  ancestorTitles: v.array(v.string()),
  title: v.string(),
  status: v.string(),
  failureMessages: v.array(v.string()),
});
const file = v.object({
  name: v.string(),
  status: v.string(),
  message: v.string(),
  assertionResults: v.array(test),
});
const report = v.object({
  numPassedTests: v.number(),
  numPendingTests: v.number(),
  numTodoTests: v.number(),
  testResults: v.array(file),
});

/**
 * Counts the tests and names those that failed.
 * @param json what vitest wrote; null where it ended before it could
 * @param code its exit code
 */
export function outcomeOf(json: string | null, code: number): Outcome {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), report), json);
  if (!parsed.success) {
    return { passed: 0, failed: 1, skipped: 0, failures: [`vitest ended with ${code} before it could report.`] };
  }
  const failures = parsed.output.testResults.flatMap(failuresIn);
  if (failures.length === 0 && code !== 0) failures.push(`vitest ended with ${code}: an error outside of any test.`);
  return {
    passed: parsed.output.numPassedTests,
    failed: failures.length,
    skipped: parsed.output.numPendingTests + parsed.output.numTodoTests,
    failures,
  };
}

/** A line for each failed test: its file, its full name, and the first line of what was wrong. */
function failuresIn({ name, status, message, assertionResults }: v.InferOutput<typeof file>): string[] {
  const path = relative(ROOT, name);
  const failed = assertionResults.filter((result) => result.status === 'failed');
  // A file that cannot be loaded, or whose hook fails, has no test that failed.
  if (failed.length === 0) return status === 'failed' ? [line([path], message || 'before its tests')] : [];
  return failed.map(({ ancestorTitles, title, failureMessages }) =>
    line([path, ...ancestorTitles.filter(Boolean), title], failureMessages[0] ?? ''),
  );
}

const line = (names: string[], message: string): string =>
  `✗ ${names.join(' > ')}\n    ${message.trim().split('\n')[0]}`;
