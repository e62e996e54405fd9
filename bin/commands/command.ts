/** What a command of the command line is. To add one: a file beside this one, and its line in `registry.ts`. */
import type { Arguments, OptionName } from '../arguments';
import type { Interruption } from '../interruption';
import type { Terminal } from '../terminal';

/** What a command works with. */
export interface Session {
  terminal: Terminal;
  interruption: Interruption;
}

/** One command. */
export interface Command {
  /** One line for the list of commands. */
  description: string;
  /** Names of the arguments that must be given, in order. */
  positionals: readonly string[];
  /** Options beside those that all commands take. */
  options: readonly OptionName[];
  /** Known by name only: refused before its arguments are read. */
  planned?: true;
  /** Resolves to the exit code. @throws LatheError, Interrupted */
  run(args: Arguments, session: Session): Promise<number>;
}
