/** What the command line's exit code says. */
import type { ErrorKind, LatheError } from '../src/base/errors';

/** The exit codes of every command. */
export const EXIT = { done: 0, usage: 2, data: 3, backend: 4, failed: 5, interrupted: 130 } as const;

const BY_KIND: Record<ErrorKind, number> = {
  usage: EXIT.usage,
  config: EXIT.usage,
  not_found: EXIT.usage,
  data: EXIT.data,
  bundle: EXIT.data,
  backend: EXIT.backend,
  training: EXIT.failed,
  tracking: EXIT.failed,
  group: EXIT.failed,
  diverged: EXIT.failed,
  storage: EXIT.failed,
  internal: EXIT.failed,
};

/** Exit code for an error that ended a command. */
export const exitCodeOf = (error: LatheError): number => BY_KIND[error.kind];
