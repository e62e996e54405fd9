import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../../../bin/build';
import { outcomeOf } from '../../../../bin/checks/suite-report';

interface Test {
  ancestorTitles: string[];
  title: string;
  status: string;
  failureMessages: string[];
}

const passing: Test = { ancestorTitles: [''], title: 'adds', status: 'passed', failureMessages: [] };
const failing: Test = {
  ancestorTitles: ['', 'a sum'],
  title: 'of nothing is zero',
  status: 'failed',
  failureMessages: ['AssertionError: expected 1 to be +0\n    at somewhere'],
};

const report = (status: string, tests: Test[], message = ''): string =>
  JSON.stringify({
    numPassedTests: tests.filter((test) => test.status === 'passed').length,
    numPendingTests: tests.filter((test) => test.status === 'skipped').length,
    numTodoTests: 0,
    testResults: [{ name: join(ROOT, 'test/unit/sum.test.ts'), status, message, assertionResults: tests }],
  });

describe('the outcome of a suite', () => {
  it('counts what passed and what was skipped', () => {
    const skipped = { ...passing, status: 'skipped' };
    expect(outcomeOf(report('passed', [passing, skipped]), 0)).toEqual({
      passed: 1,
      failed: 0,
      skipped: 1,
      failures: [],
    });
  });

  it('names a failed test by its file, its full name and the first line of its message', () => {
    const { failed, failures } = outcomeOf(report('failed', [passing, failing]), 1);
    expect(failed).toBe(1);
    expect(failures).toEqual([
      '✗ test/unit/sum.test.ts > a sum > of nothing is zero\n    AssertionError: expected 1 to be +0',
    ]);
  });

  it.each([
    ['that cannot be loaded', []],
    ['whose hook fails', [{ ...passing, status: 'skipped' }]],
  ])('a file %s counts as one failure, with its reason', (_, tests) => {
    const { passed, failed, failures } = outcomeOf(report('failed', tests, 'Cannot find it\nat all'), 1);
    expect({ passed, failed }).toEqual({ passed: 0, failed: 1 });
    expect(failures).toEqual(['✗ test/unit/sum.test.ts\n    Cannot find it']);
  });

  it('an error outside of any test fails the run', () => {
    expect(outcomeOf(report('passed', [passing]), 1)).toMatchObject({
      passed: 1,
      failed: 1,
      failures: ['vitest ended with 1: an error outside of any test.'],
    });
  });

  it.each([null, 'half a rep'])('a run that left %j as its report has failed', (json) => {
    expect(outcomeOf(json, 137)).toMatchObject({ passed: 0, failed: 1 });
  });
});
