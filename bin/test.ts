/**
 * `npm test`: every check of the project, one after the other, and a closing line that sums them up. With names given
 * (`npm test -- lint unit`), only those.
 */
import { checks } from './checks/registry';
import { bold, seconds } from './checks/report';

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  const known = checks.map((check) => check.name).join(', ');
  process.stderr.write(`${unknown.join(', ')}: no such check. Checks: ${known}.\n`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
let skipped = 0;
const lines: string[] = [];

for (const check of checks) {
  if (wanted.length > 0 && !wanted.includes(check.name)) continue;
  process.stdout.write(`${bold(check.name)}  ${check.description}\n`);
  const started = performance.now();
  const outcome = await check.run();
  passed += outcome.passed;
  failed += outcome.failed;
  skipped += outcome.skipped;
  const mark = outcome.failed === 0 ? '✓' : '✗';
  const counts = `${outcome.passed} passed, ${outcome.failed} failed${outcome.skipped > 0 ? `, ${outcome.skipped} skipped` : ''}`;
  lines.push(`${mark} ${check.name.padEnd(12)} ${counts.padEnd(34)} ${seconds(performance.now() - started)}`);
}

process.stdout.write(`\n${lines.join('\n')}\n`);
if (skipped > 0) process.stdout.write(`${skipped} tests were skipped; each says why above.\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
