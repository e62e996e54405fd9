#!/usr/bin/env tsx
/** `lathe`: trains, predicts and exports from the terminal, through the same page that people open in a browser. */
import { LatheError } from '../src/base/errors';
import { parseArguments } from './arguments';
import { commands } from './commands/registry';
import { EXIT, exitCodeOf } from './exit-codes';
import { Interrupted, Interruption } from './interruption';
import { Terminal } from './terminal';
import { helpFor, overview, versionLine } from './usage';

async function main(argv: string[]): Promise<number> {
  const terminal = new Terminal({ json: argv.includes('--json') });
  const interruption = new Interruption();
  try {
    const [name, ...rest] = argv;
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      await terminal.result(overview());
      return name === undefined ? EXIT.usage : EXIT.done;
    }
    if (name === '--version' || name === '-v') {
      await terminal.result(versionLine());
      return EXIT.done;
    }
    const command = commands.get(name);
    if (!command) {
      throw new LatheError('usage', `${name} is no command of lathe. Commands: ${[...commands.keys()].join(', ')}.`);
    }
    if (rest.includes('--help') || rest.includes('-h')) {
      await terminal.result(helpFor(name, command));
      return EXIT.done;
    }
    if (command.planned) throw new LatheError('usage', `lathe ${name} is not in this version yet.`);
    const args = parseArguments(name, command, rest);
    interruption.listen(args.timeout, () => process.exit(EXIT.interrupted));
    return await command.run(args, { terminal, interruption });
  } catch (thrown) {
    if (thrown instanceof Interrupted) {
      terminal.note(thrown.message);
      return thrown.because === 'signal' ? EXIT.interrupted : EXIT.failed;
    }
    // A build or a browser that fails under Ctrl+C failed because of it.
    if (interruption.happened === 'signal') return EXIT.interrupted;
    const error = LatheError.from(thrown);
    terminal.error(error);
    return exitCodeOf(error);
  }
}

const code = await main(process.argv.slice(2));
// A browser that hangs, or a timer of a library, must not keep a finished command alive.
process.exit(code);
