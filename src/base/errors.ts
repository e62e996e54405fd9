/**
 * The one error type that crosses Lathe's boundaries (worker, page, command line).
 *
 * A `LatheError` is a sentence a person can act on: what is wrong, where it is, what to do about it.
 * `kind` decides the exit code of the command line; `where` names the file, row, column or config key.
 */

/** What part of the work an error belongs to. */
export type ErrorKind =
  | 'usage' // arguments of a command
  | 'config' // the run config
  | 'data' // files and datasets
  | 'bundle' // an exported bundle that cannot be opened
  | 'backend' // no usable adapter or browser feature
  | 'training' // the run failed
  | 'tracking' // servers that runs are sent to
  | 'group' // the others who train a run, or the way to them
  | 'diverged' // the run's numbers left the finite range
  | 'storage' // IndexedDB: full, damaged, blocked
  | 'not_found' // a run, dataset or model that does not exist
  | 'internal'; // a defect of ours

/** The place an error is about. Rows count from 1, as an editor counts lines of the file. */
export interface ErrorPlace {
  file?: string;
  row?: number;
  column?: string;
  key?: string;
}

/** An error as plain data: what a worker posts and the command line prints. */
export interface ErrorJson {
  kind: ErrorKind;
  message: string;
  where: ErrorPlace;
  /** All problems of a document, where several were found at once. */
  details: string[];
}

/** An error with a sentence for the user and the place it is about. */
export class LatheError extends Error {
  readonly kind: ErrorKind;
  readonly where: ErrorPlace;
  readonly details: string[];

  constructor(
    kind: ErrorKind,
    message: string,
    where: ErrorPlace = {},
    details: string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'LatheError';
    this.kind = kind;
    this.where = where;
    this.details = details;
  }

  toJSON(): ErrorJson {
    return { kind: this.kind, message: this.message, where: this.where, details: this.details };
  }

  static fromJSON(json: ErrorJson): LatheError {
    return new LatheError(json.kind, json.message, json.where, json.details);
  }

  /** Wraps anything thrown; a `LatheError` is returned as it is, a full disk becomes kind `storage`. */
  static from(thrown: unknown, kind: ErrorKind = 'internal'): LatheError {
    if (thrown instanceof LatheError) return thrown;
    if (isQuotaError(thrown)) {
      return new LatheError(
        'storage',
        'The browser’s storage is full: nothing that was stored is lost. Delete runs or datasets you no longer need, then resume.',
        {},
        [],
        { cause: thrown },
      );
    }
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new LatheError(kind, message, {}, [], { cause: thrown });
  }
}

/** Whether `thrown` is the browser saying that its storage quota is used up. */
export function isQuotaError(thrown: unknown): boolean {
  return typeof DOMException !== 'undefined' && thrown instanceof DOMException && thrown.name === 'QuotaExceededError';
}

/** Kinds of errors that a run may outlive: it is paused, and goes on when what was in the way is gone. */
export const PASSING: readonly ErrorKind[] = ['storage', 'group'];
