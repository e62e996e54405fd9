/** Help texts, made from what the commands say of themselves. */
import { LATHE_VERSION } from '../src/base/version';
import { COMMON_OPTIONS, describeOption } from './arguments';
import type { Command } from './commands/command';
import { commands } from './commands/registry';

/** `lathe --version`. */
export const versionLine = (): string => `lathe ${LATHE_VERSION}`;

/** `lathe --help`. */
export function overview(): string {
  const rows = [...commands].map(([name, command]): [string, string] => [
    [name, ...command.positionals].join(' '),
    command.description,
  ]);
  return [
    'Lathe trains neural networks in a browser; this command drives the same page without a window.',
    '',
    ...columns(rows),
    '',
    'With every command:',
    ...columns(COMMON_OPTIONS.map(describeOption)),
    '',
    'Exit codes: 0 done; 2 config or arguments wrong; 3 data wrong; 4 no usable browser or adapter;',
    '5 the run failed or diverged; 130 interrupted, after a checkpoint.',
  ].join('\n');
}

/** `lathe COMMAND --help`. */
export function helpFor(name: string, command: Command): string {
  return [
    `lathe ${[name, ...command.positionals].join(' ')} [options]`,
    '',
    command.description,
    '',
    ...columns([...command.options, ...COMMON_OPTIONS].map(describeOption)),
  ].join('\n');
}

function columns(rows: [string, string][]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
