/**
 * What MLflow says when it refuses something, as sentences. Its answers are `{"error_code": …, "message": …}`; what stands
 * before it (its own guards against other origins and hosts, proxies) answers in plain text.
 */
import type { DeliveryErrorCode } from '../../../store/delivery';
import { DeliveryError } from '../../http/http';

/** A refusal of MLflow, with the code that it gave. */
export class MlflowError extends DeliveryError {
  /** `RESOURCE_DOES_NOT_EXIST` */
  readonly errorCode: string;

  constructor(code: DeliveryErrorCode, message: string, errorCode: string, cause: DeliveryError) {
    const { status, body, retryAfter } = cause;
    super(code, message, { status, body, retryAfter, cause });
    this.name = 'MlflowError';
    this.errorCode = errorCode;
  }
}

/** Whether MLflow said that what was asked for is not there. */
export const isMissing = (error: unknown): boolean =>
  error instanceof MlflowError && error.errorCode === 'RESOURCE_DOES_NOT_EXIST';

/** Whether MLflow said that what was to be created is there. */
export const isThere = (error: unknown): boolean =>
  error instanceof MlflowError && error.errorCode === 'RESOURCE_ALREADY_EXISTS';

const CODES: Record<string, DeliveryErrorCode> = {
  RESOURCE_DOES_NOT_EXIST: 'not_found',
  ENDPOINT_NOT_FOUND: 'not_found',
  UNAUTHENTICATED: 'unauthorized',
  PERMISSION_DENIED: 'forbidden',
  RESOURCE_EXHAUSTED: 'too_many',
  REQUEST_LIMIT_EXCEEDED: 'too_many',
  RESOURCE_LIMIT_EXCEEDED: 'quota',
  INTERNAL_ERROR: 'server',
  TEMPORARILY_UNAVAILABLE: 'server',
  DATA_LOSS: 'server',
  DEADLINE_EXCEEDED: 'timeout',
};

/**
 * Says in a sentence why MLflow refused; what did not come from it is returned as it is.
 * @param what what was to be done: `logging metrics`
 * @param base address of the server
 * @param origin that of this page; null: there is none
 */
export function explain(thrown: unknown, what: string, base: string, origin: string | null): unknown {
  if (!(thrown instanceof DeliveryError) || thrown instanceof MlflowError) return thrown;
  const guard = guardOf(thrown, base, origin);
  if (guard) return guard;

  const { errorCode, message } = parse(thrown.body);
  if (errorCode === null) return thrown;
  const code = codeOf(errorCode, message) ?? thrown.code;
  return new MlflowError(code, sentence(errorCode, message, what, base), errorCode, thrown);
}

/** The refusals of what guards a server against foreign pages, and of one that keeps no files. */
function guardOf(thrown: DeliveryError, base: string, origin: string | null): DeliveryError | null {
  const { status, body, retryAfter } = thrown;
  const become = (code: DeliveryErrorCode, message: string): DeliveryError =>
    new DeliveryError(code, message, { status, body, retryAfter, cause: thrown });
  if (thrown.code === 'cors' || (status === 403 && body.includes('Cross-origin request blocked'))) {
    return become(
      'cors',
      `MLflow at ${base} takes nothing from this page’s address. Start it with: mlflow server --cors-allowed-origins ${origin ?? 'ADDRESS_OF_THIS_PAGE'}`,
    );
  }
  if (status === 403 && body.includes('Invalid Host header')) {
    return become(
      'forbidden',
      `MLflow does not answer under the name ${new URL(base).host}. Start it with: mlflow server --allowed-hosts ${new URL(base).host}`,
    );
  }
  if (body.includes('--serve-artifacts')) return become('refused', noArtifacts(`MLflow at ${base} takes no files`));
  return null;
}

/** Why files cannot be sent, and what to do. */
export const noArtifacts = (why: string): string =>
  `${why}: a page can send files only through the server itself. Start it with: mlflow server --serve-artifacts, and send to a new experiment: one keeps the place of its files.`;

/** The code and words of an answer; bodies are cut, so that they may not be whole JSON. */
function parse(body: string): { errorCode: string | null; message: string } {
  const errorCode = /"error_code":\s*"([A-Z_]+)"/.exec(body)?.[1] ?? null;
  const quoted = /"message":\s*("(?:[^"\\]|\\.)*)/s.exec(body)?.[1];
  let message = '';
  if (quoted !== undefined) {
    try {
      message = String(JSON.parse(`${quoted}"`));
    } catch {
      message = quoted.slice(1);
    }
  }
  return { errorCode, message: message.split('\n')[0].slice(0, 500) };
}

/** What kind of failure a code is; null: what its HTTP status says. */
function codeOf(errorCode: string, message: string): DeliveryErrorCode | null {
  if (/database or disk is full|no space left/i.test(message)) return 'quota';
  // SQLite lets one write at a time; whoever waits too long is told so under any code.
  if (/database is locked/i.test(message)) return 'server';
  if (errorCode === 'INVALID_PARAMETER_VALUE' || errorCode === 'BAD_REQUEST') {
    return /at most \d+|request size|too large/i.test(message) ? 'too_large' : 'refused';
  }
  return CODES[errorCode] ?? null;
}

function sentence(errorCode: string, message: string, what: string, base: string): string {
  const said = message ? `: “${message.replace(/[.\s]+$/, '')}”` : '';
  if (/must be in the 'active' state/.test(message)) {
    return `While ${what}, MLflow said${said}. It was deleted there: restore it in MLflow, or remove this delivery and send the run again.`;
  }
  if (/Changing param values/.test(message)) {
    return `The run in MLflow has other settings under the same names${said}. Rename or delete the run there, remove this delivery and send the run again.`;
  }
  switch (errorCode) {
    case 'RESOURCE_DOES_NOT_EXIST':
      return `While ${what}, MLflow did not find what was asked for${said}. If it was deleted there, remove this delivery and send the run again.`;
    case 'RESOURCE_ALREADY_EXISTS':
      return `While ${what}, MLflow said that it is there already${said}. Choose another name.`;
    case 'INVALID_PARAMETER_VALUE':
    case 'BAD_REQUEST':
      return `While ${what}, MLflow did not accept the request${said}.`;
    case 'RESOURCE_EXHAUSTED':
    case 'REQUEST_LIMIT_EXCEEDED':
      return `MLflow at ${base} wants fewer requests${said}. It is tried again, more slowly.`;
    case 'RESOURCE_LIMIT_EXCEEDED':
      return `MLflow at ${base} takes no more${said}. Remove what is no longer needed there.`;
    case 'UNAUTHENTICATED':
      return `MLflow at ${base} does not know who you are${said}. Give a name and password, or a token, under Settings, Tracking.`;
    case 'PERMISSION_DENIED':
      return `MLflow at ${base} does not allow ${what} to this account${said}. Ask whoever runs it.`;
    case 'ENDPOINT_NOT_FOUND':
      return `MLflow at ${base} is too old for ${what}${said}. Use MLflow 3.`;
    default:
      return `MLflow at ${base} failed while ${what}${said}. Its own log says more.`;
  }
}
