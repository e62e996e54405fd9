/**
 * `npm test`: every check of the project; then what failed, a line a check, and a closing line that sums them up. With names
 * given (`npm test -- lint unit`), only those: `npm run test:integration` is one of these names.
 */
import { checks, further } from './checks/registry';
import { bold, seconds } from './checks/report';
import { runChecks } from './checks/run-checks';

const wanted = process.argv.slice(2);
const known = [...checks, ...further];
const unknown = wanted.filter((name) => !known.some((check) => check.name === name));
if (unknown.length > 0) {
  const names = known.map((check) => check.name).join(', ');
  process.stderr.write(`${unknown.join(', ')}: no such check. Checks: ${names}.\n`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
let skipped = 0;
const lines: string[] = [];
const failures: string[] = [];

const chosen = wanted.length === 0 ? checks : known.filter(({ name }) => wanted.includes(name));
for (const { check, outcome, milliseconds } of await runChecks(chosen)) {
  passed += outcome.passed;
  failed += outcome.failed;
  skipped += outcome.skipped;
  failures.push(...outcome.failures);
  const mark = outcome.failed === 0 ? '✓' : '✗';
  const counts = `${outcome.passed} passed, ${outcome.failed} failed${outcome.skipped > 0 ? `, ${outcome.skipped} skipped` : ''}`;
  lines.push(`${mark} ${check.name.padEnd(12)} ${counts.padEnd(34)} ${seconds(milliseconds)}`);
}

if (failures.length > 0) process.stdout.write(`\n${bold('Failed')}\n${failures.join('\n')}\n`);
process.stdout.write(`\n${lines.join('\n')}\n`);
if (skipped > 0) process.stdout.write(`${skipped} tests were skipped; each says why above.\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
