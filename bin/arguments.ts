/** Arguments of a command: checked against what the command takes, before anything is started. */
import { mkdirSync, statSync, type Stats } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LatheError } from '../src/base/errors';
import type { Command } from './commands/command';

/** Options that a command may take, beside those that all take. */
const OPTIONS = {
  data: { value: 'PATH', description: 'A file, or a folder of files, to read' },
  set: {
    value: 'KEY=VALUE',
    description: 'Replaces one key of the config; the value is YAML. Can be given many times',
  },
  out: { value: 'DIR', description: 'The folder that results are written to' },
  fresh: { value: null, description: 'Starts a new run even where an unfinished one could go on' },
  prompt: { value: 'TEXT', description: 'What the model goes on from; without it, it begins by itself' },
  length: { value: 'N', description: 'Characters to write, 500 where it is not given' },
  temperature: {
    value: 'T',
    description: 'How boldly to write: 0 the likeliest only, 1 as the model thinks, 0.8 where it is not given',
  },
  seed: {
    value: 'N',
    description: 'Seed of what is drawn: the same seed writes the same text, 1 where it is not given',
  },
  signal: {
    value: 'URL',
    description: 'Signalling server where a group meets; without it, one of this command for peers on this machine',
  },
  jobs: { value: 'N', description: 'Trials of a search to train at once, 1 where it is not given' },
  'sync-timeout': {
    value: 'SECONDS',
    description:
      'How long to wait for trackers to take what was sent, 120 where it is not given; the rest waits in the profile',
  },
  format: { value: 'FORMAT', description: 'bundle, tfjs, safetensors, tensorboard or wandb' },
  profile: { value: 'DIR', description: 'The browser profile that keeps runs and checkpoints' },
  json: { value: null, description: 'Prints the result as one JSON object, and progress as JSON lines on stderr' },
  timeout: { value: 'SECONDS', description: 'Gives up after so many seconds; a run is paused with a checkpoint first' },
} as const satisfies Record<string, { value: string | null; description: string }>;

/** Name of an option. */
export type OptionName = keyof typeof OPTIONS;

/** Options that every command takes. */
export const COMMON_OPTIONS: readonly OptionName[] = ['profile', 'json', 'timeout'];

/** How an option is written, and what it does. */
export function describeOption(name: OptionName): [usage: string, description: string] {
  const { value, description } = OPTIONS[name];
  return [value ? `--${name} ${value}` : `--${name}`, description];
}

/** A command's arguments. Paths are absolute. */
export interface Arguments {
  positionals: string[];
  data: string | null;
  set: string[];
  out: string | null;
  fresh: boolean;
  prompt: string | null;
  length: number | null;
  temperature: number | null;
  seed: number | null;
  signal: string | null;
  jobs: number | null;
  format: string | null;
  /** In seconds. */
  syncTimeout: number | null;
  profile: string | null;
  json: boolean;
  /** In seconds. */
  timeout: number | null;
}

/** The folder the user called from, npm's own change of folder undone. */
const callersFolder = (): string => process.env.INIT_CWD ?? process.cwd();

/** An absolute path, from one that the user wrote. */
export const userPath = (path: string): string => (isAbsolute(path) ? path : resolve(callersFolder(), path));

/**
 * Reads the arguments of a command.
 * @throws LatheError of kind `usage` naming the argument that is wrong
 */
export function parseArguments(name: string, command: Command, argv: string[]): Arguments {
  const { values, positionals } = read(name, argv);
  const allowed = new Set<string>([...command.options, ...COMMON_OPTIONS]);
  for (const option of Object.keys(values)) {
    if (allowed.has(option)) continue;
    const list = [...allowed].map((known) => `--${known}`).join(', ');
    throw new LatheError('usage', `lathe ${name} takes no --${option}. It takes ${list}.`);
  }
  const expected = command.positionals;
  if (positionals.length < expected.length) {
    throw new LatheError('usage', `${expected[positionals.length]} is missing: lathe ${name} ${expected.join(' ')} …`);
  }
  if (positionals.length > expected.length) {
    const extra = positionals.slice(expected.length).join(' ');
    throw new LatheError('usage', `lathe ${name} takes ${expected.join(' ') || 'no arguments'}; what is ${extra} for?`);
  }
  return {
    positionals,
    data: text(values.data, userPath),
    set: values.set ?? [],
    out: text(values.out, userPath),
    fresh: values.fresh ?? false,
    signal: text(values.signal),
    jobs: number('jobs', values.jobs, 'a whole number from 1 to 16', (n) => Number.isInteger(n) && n >= 1 && n <= 16),
    format: text(values.format),
    syncTimeout: number('sync-timeout', values['sync-timeout'], 'a number of seconds, 0 or more', (n) => n >= 0),
    profile: text(values.profile, userPath),
    json: values.json ?? false,
    prompt: text(values.prompt),
    length: number('length', values.length, 'a whole number above 0', (n) => Number.isInteger(n) && n > 0),
    temperature: number('temperature', values.temperature, 'a number, 0 or more', (n) => n >= 0),
    seed: number('seed', values.seed, 'a whole number, 0 or more', (n) => Number.isInteger(n) && n >= 0),
    timeout: number('timeout', values.timeout, 'a number of seconds above 0', (n) => n > 0),
  };
}

function read(name: string, argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        set: { type: 'string', multiple: true },
        out: { type: 'string' },
        fresh: { type: 'boolean' },
        prompt: { type: 'string' },
        length: { type: 'string' },
        temperature: { type: 'string' },
        seed: { type: 'string' },
        signal: { type: 'string' },
        jobs: { type: 'string' },
        format: { type: 'string' },
        'sync-timeout': { type: 'string' },
        profile: { type: 'string' },
        json: { type: 'boolean' },
        timeout: { type: 'string' },
      },
    });
  } catch (error) {
    // Node's message names the option; its hint on `--` only confuses here.
    const message = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw new LatheError('usage', `${message}. lathe ${name} --help lists what it takes.`, {}, [], { cause: error });
  }
}

function text(value: string | undefined, change: (value: string) => string = (same) => same): string | null {
  return value === undefined ? null : change(value);
}

function number(
  name: OptionName,
  value: string | undefined,
  expected: string,
  holds: (number: number) => boolean,
): number | null {
  if (value === undefined) return null;
  const parsed = Number(value);
  if (value.trim() !== '' && Number.isFinite(parsed) && holds(parsed)) return parsed;
  throw new LatheError('usage', `--${name} is ${value}; expected ${expected}.`);
}

/**
 * The file or folder at `path`.
 * @throws LatheError of kind `usage` saying which argument names something that is not there
 */
export function statArgument(argument: string, path: string): Stats {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new LatheError('usage', `${argument}: there is nothing at ${path}.`, { file: path });
  return stats;
}

/** Makes the folder of `--out`. @throws LatheError of kind `usage` where that cannot be */
export function makeFolder(out: string): void {
  try {
    mkdirSync(out, { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LatheError('usage', `--out: the folder ${out} cannot be made: ${reason}`, { file: out });
  }
}
