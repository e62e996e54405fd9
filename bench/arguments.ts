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
  objective: { type: 'string' },
  sampler: { type: 'string' },
  seeds: { type: 'string' },
  trials: { type: 'string' },
  paper: { type: 'boolean' },
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
    '',
    'training',
    '  --node                Runs in Node on Dawn in place of a headless browser',
    '  --large               Adds the workloads that are meant for real GPUs',
    '  --torch               Adds PyTorch, where python3 (or the program in PYTHON) has torch',
    '  --only ENGINE,…       Measures these engines alone',
    '  --workload NAME,…     Runs these workloads alone',
    '  --steps N             Timed steps of each engine, at most (30)',
    '',
    'sweeps',
    '  --objective FILE      Searches the space of a module alone: it exports space and objective(params)',
    '  --sampler NAME,…      Samplers to compare (random,tpe,tpe_independent)',
    '  --seeds N             Studies of each function and sampler (100)',
    '  --trials N            Trials of each study (100)',
    '',
    'peers',
    '  --only METHOD,…       Measures these alone (float32,float16,int8,powersgd,local_steps,all_to_all)',
    '  --workload NAME,…     Trains these alone (mlp,waiting; there is cnn, too)',
    '  --steps N             Timed steps of each group (6)',
    '  --paper               Prints what to expect of larger groups, and measures nothing',
    '',
    'tracking',
    '  --only PART,…         Measures these alone (throughput,intake,page)',
    '  --steps N             Steps of each run (1200)',
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
    steps: values.steps === undefined ? null : count('steps', values.steps, 0, 3),
    paper: values.paper ?? false,
    objective: values.objective === undefined ? null : userPath(values.objective),
    samplers: list(values.sampler),
    seeds: count('seeds', values.seeds, 100, 1),
    trials: count('trials', values.trials, 100, 1),
  };
}

function read(argv: string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>> {
  try {
    return parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

function count(name: string, value: string | undefined, byDefault: number, least: number): number {
  const number = Number(value ?? byDefault);
  if (Number.isInteger(number) && number >= least) return number;
  throw wrong(`--${name} is ${value}; expected a whole number from ${least} on.`);
}

const list = (value: string | undefined): string[] | null => value?.split(',').filter(Boolean) ?? null;
const wrong = (message: string): LatheError => new LatheError('usage', `${message} See npm run bench -- --help.`);
