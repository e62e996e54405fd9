/** How trackers talk to servers. */
import type { Credential, DeliveryErrorCode } from '../../store/delivery';

/** A request. */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  /** Absolute. Its origin must be one that the user allowed, or a storage address that such a server gave out. */
  url: string;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body?: string | Uint8Array | Blob | object;
  /** Without an answer for so long it counts as lost; 30 s where it is not said. */
  timeout_ms?: number;
  /** The address was given out by a server that is allowed, to upload to or download from: no credential goes there. */
  given?: boolean;
}

/** Requests to the origins of one destination. */
export interface Http {
  /** What the user gave for an origin; null: nothing. For trackers whose servers want it in a form of their own. */
  credential(origin: string): Credential | null;
  /**
   * Resolves with an answer of status 200–299. Basic and bearer credentials are added by themselves.
   * @throws DeliveryError
   */
  request(request: HttpRequest): Promise<Response>;
}

/** Something that could not be delivered: what it was, and whether it may have arrived all the same. */
export class DeliveryError extends Error {
  readonly code: DeliveryErrorCode;
  /** HTTP status, where there was an answer. */
  readonly status: number | null;
  /** What the server said, at most 2,000 characters. */
  readonly body: string;
  /** When the server wants to be asked again, in milliseconds from now. */
  readonly retryAfter: number | null;

  /** @param message a sentence that says what is wrong and what to do */
  constructor(
    code: DeliveryErrorCode,
    message: string,
    { status = null, body = '', retryAfter = null, cause }: DeliveryErrorDetails = {},
  ) {
    super(message, { cause });
    this.name = 'DeliveryError';
    this.code = code;
    this.status = status;
    this.body = body;
    this.retryAfter = retryAfter;
  }
}

/** See `DeliveryError`. */
export interface DeliveryErrorDetails {
  status?: number | null;
  body?: string;
  retryAfter?: number | null;
  cause?: unknown;
}
