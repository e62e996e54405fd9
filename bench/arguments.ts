/** Arguments of `npm run bench`. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { userPath } from '../bin/arguments';
import { LatheError } from '../src/base/errors';
import type { BenchOptions } from './benchmark';
import { BENCHMARKS } from './registry';

const OPTIONS = {
  json: { type: 'string' },
  node: { type: 'boolean' },
  large: { type: 'boolean' },
  torch: { type: 'boolean' },
  only: { type: 'string' },
  workload: { type: 'string' },
  steps: { type: 'string' },
} as const;

/** The help text. */
export function usage(): string {
  const names = Object.entries(BENCHMARKS).map(([name, { description }]) => `  ${name.padEnd(20)}  ${description}`);
  return [
    'npm run bench -- [NAME] [options]',
    '',
    ...names,
    '',
    '  --json FILE           Writes every figure to FILE',
    '  --node                Runs in Node on Dawn in place of a headless browser',
    '  --large               Adds the workloads that are meant for real GPUs',
    '  --torch               Adds PyTorch, where python3 (or the program in PYTHON) has torch',
    '  --only ENGINE,…       Measures these engines alone',
    '  --workload NAME,…     Runs these workloads alone',
    '  --steps N             Timed steps of each engine, at most (30)',
  ].join('\n');
}

/**
 * Reads the arguments; relative paths are the caller's.
 * @throws LatheError of kind `usage` naming the argument that is wrong
 */
export function parseBenchArguments(argv: string[]): BenchOptions {
  const { values, positionals } = read(argv);
  const [name = 'training', ...rest] = positionals;
  if (rest.length > 0) throw wrong(`${rest.join(' ')} is one name too many: one benchmark runs at a time.`);
  if (!Object.hasOwn(BENCHMARKS, name)) {
    throw wrong(`There is no benchmark ${name}. There is: ${Object.keys(BENCHMARKS).join(', ')}.`);
  }
  const steps = Number(values.steps ?? 30);
  if (!Number.isInteger(steps) || steps < 3) {
    throw wrong(`--steps is ${values.steps}; expected a whole number from 3 on.`);
  }
  const json = values.json === undefined ? null : userPath(values.json);
  if (json) mkdirSync(dirname(json), { recursive: true });
  return {
    name,
    json,
    node: values.node ?? false,
    large: values.large ?? false,
    torch: values.torch ?? false,
    only: list(values.only),
    workloads: list(values.workload),
    steps,
  };
}

function read(argv: string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>> {
  try {
    return parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

const list = (value: string | undefined): string[] | null => value?.split(',').filter(Boolean) ?? null;
const wrong = (message: string): LatheError => new LatheError('usage', `${message} See npm run bench -- --help.`);
