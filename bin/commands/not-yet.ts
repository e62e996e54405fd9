import { LatheError } from '../../src/base/errors';
import type { Command } from './command';

/** A command that is planned: its name is known, and it says that it does nothing yet. */
export function notYet(description: string): Command {
  return {
    description: `${description} (not in this version yet)`,
    positionals: [],
    options: [],
    planned: true,
    run: () => Promise.reject(new LatheError('usage', 'This command is not in this version of Lathe yet.')),
  };
}
