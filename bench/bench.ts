/** `npm run bench`: runs one benchmark, prints its table, and writes its figures where `--json` says. */
import { writeFileSync } from 'node:fs';
import { LatheError } from '../src/base/errors';
import { parseBenchArguments, usage } from './arguments';
import { BENCHMARKS } from './registry';

async function main(): Promise<number> {
  const argv = process.argv.slice(2);
  if (argv.includes('--help')) {
    process.stdout.write(`${usage()}\n`);
    return 0;
  }
  const options = parseBenchArguments(argv);
  const { figures, complete } = await BENCHMARKS[options.name].run(options, (line) =>
    process.stderr.write(`${line}\n`),
  );
  if (options.json) writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`);
  return complete ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  const error = LatheError.from(thrown);
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.kind === 'usage' ? 2 : 1;
}
