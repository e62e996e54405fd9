/** Requests to a W&B server: its GraphQL, its streams of lines, and the addresses that it gives out for files. */
import * as v from 'valibot';
import { DeliveryError, type Http } from '../../http/http';
import type { Operation } from './operations';

/** Characters of a key, at least. */
const KEY_LENGTH = 40;

/** Milliseconds for a large file: presigned addresses take whole files at once. */
const FILE_TIMEOUT_MS = 600_000;

/** Where a run is. */
export interface RunPlace {
  entity: string;
  project: string;
  /** Its id there, which is ours. */
  run: string;
}

/** Lines of one file of a run. */
export interface StreamPart {
  /** Number of the first of these lines in the file; 0 of a file that is replaced. */
  offset: number;
  content: string[];
}

/** A request to a run’s stream. */
export interface StreamRequest {
  files?: Record<string, StreamPart>;
  /** Files that were uploaded since. */
  uploaded?: string[];
  complete?: boolean;
  exitcode?: number;
}

const streamAnswer = v.looseObject({
  stopped: v.nullish(v.boolean(), null),
  error: v.nullish(v.string(), null),
});

const graphAnswer = v.object({
  data: v.nullish(v.unknown(), null),
  errors: v.nullish(v.array(v.looseObject({ message: v.string() })), null),
});

/** The server’s GraphQL does not know what was asked: an older one, or one that leaves this out. */
export class UnknownOperation extends DeliveryError {
  constructor(origin: string, said: string) {
    super('answer', `${origin} does not know this part of W&B’s protocol: ${said}`);
  }
}

/** One server. */
export class WandbClient {
  readonly origin: string;
  readonly #http: Http;
  readonly #base: string;

  /** @param url its address, with the path that it is reached under, if any */
  constructor(http: Http, url: string) {
    this.#http = http;
    this.origin = new URL(url).origin;
    this.#base = url.replace(/\/+$/, '');
  }

  /**
   * Asks the GraphQL.
   * @throws DeliveryError; UnknownOperation where the server has no such operation
   */
  async ask<T>(operation: Operation<T>, variables: Record<string, unknown>): Promise<T> {
    const { name, query, answer } = operation;
    let response: Response;
    try {
      response = await this.#http.request({
        method: 'POST',
        url: `${this.#base}/graphql`,
        headers: this.#headers(),
        body: { query, variables, operationName: name },
      });
    } catch (error) {
      // Some servers answer what they do not know with 400, and say why.
      if (error instanceof DeliveryError && error.code === 'refused' && isUnknown(error.body)) {
        throw new UnknownOperation(this.origin, error.body.slice(0, 200));
      }
      throw this.#named(error);
    }
    const read = v.safeParse(graphAnswer, await jsonOf(response));
    if (!read.success) throw this.#otherProgram();
    const { data, errors } = read.output;
    if (errors && errors.length > 0) throw this.#graphError(errors.map(({ message }) => message).join(' '));
    const parsed = v.safeParse(answer, data);
    if (!parsed.success) throw this.#otherProgram();
    return parsed.output;
  }

  /** Sends lines of a run. Resolves with whether somebody pressed Stop there. @throws DeliveryError */
  async stream({ entity, project, run }: RunPlace, request: StreamRequest): Promise<{ stop: boolean }> {
    const path = [entity, project, run].map(encodeURIComponent).join('/');
    let response: Response;
    try {
      response = await this.#http.request({
        method: 'POST',
        url: `${this.#base}/files/${path}/file_stream`,
        headers: this.#headers(),
        body: request,
      });
    } catch (error) {
      throw this.#named(error);
    }
    const read = v.safeParse(streamAnswer, await jsonOf(response));
    if (!read.success) throw this.#otherProgram();
    const { stopped, error } = read.output;
    if (error !== null) {
      throw new DeliveryError('forbidden', `${this.origin} did not take the run’s lines: ${error.slice(0, 200)}`);
    }
    return { stop: stopped === true };
  }

  /**
   * Puts a file to an address that the server gave out. As wandb does it, no key goes there: the address itself permits it.
   * @param headers `Name:value` each
   */
  async put(address: string, headers: readonly string[], body: Blob): Promise<void> {
    const given = Object.fromEntries(
      headers.map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
      }),
    );
    await this.#http.request({
      method: 'PUT',
      url: new URL(address, `${this.#base}/`).href,
      headers: given,
      body,
      timeout_ms: FILE_TIMEOUT_MS,
      given: true,
    });
  }

  /** @throws DeliveryError where there is no key, or one that cannot be right */
  #headers(): Record<string, string> {
    const credential = this.#http.credential(this.origin);
    if (credential?.scheme !== 'key') {
      throw new DeliveryError(
        'unauthorized',
        `${this.origin} needs an API key. ${this.#whereToGetOne()} and give it under Settings, Tracking: it stays in this browser.`,
      );
    }
    const key = credential.key.trim();
    if (key.length < KEY_LENGTH || !/^[\x21-\x7e]+$/.test(key)) {
      throw new DeliveryError(
        'unauthorized',
        `The API key for ${this.origin} is not one of W&B’s, which have ${KEY_LENGTH} characters or more. ${this.#whereToGetOne()} and give it under Settings, Tracking.`,
      );
    }
    return { Authorization: `Basic ${btoa(`api:${key}`)}` };
  }

  #whereToGetOne(): string {
    return `Copy yours from ${pageOf(this.#base)}/authorize`;
  }

  /** A wrong key, named as such. */
  #named(error: unknown): unknown {
    if (!(error instanceof DeliveryError) || error.status !== 401) return error;
    return new DeliveryError(
      'unauthorized',
      `${this.origin} does not know this API key. ${this.#whereToGetOne()} and give it under Settings, Tracking.`,
      { status: error.status, body: error.body, cause: error },
    );
  }

  #graphError(said: string): DeliveryError {
    if (isUnknown(said)) return new UnknownOperation(this.origin, said.slice(0, 200));
    const denied = /permission|denied|not authorized|unauthorized|forbidden/i.test(said);
    return new DeliveryError(
      denied ? 'forbidden' : 'refused',
      denied
        ? `${this.origin} does not let this key do that: ${said.slice(0, 200)} Check entity and project under Settings, Tracking.`
        : `${this.origin} refuses what was sent: ${said.slice(0, 200)}`,
      { body: said.slice(0, 2000) },
    );
  }

  #otherProgram(): DeliveryError {
    return new DeliveryError(
      'answer',
      `${this.origin} answers, but not as W&B does. Check the address under Settings, Tracking.`,
    );
  }
}

/** GraphQL’s own words for a field, a type or an argument that a schema does not have (graphql-js and graphql-core). */
const isUnknown = (said: string): boolean =>
  /Cannot query field|Unknown (argument|type|operation|field)|is not defined by type|was not provided/i.test(said);

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

/** Where people look at what the API at an address takes in: the cloud has a name of its own for that. */
export const pageOf = (url: string): string =>
  new URL(url).hostname === 'api.wandb.ai' ? 'https://wandb.ai' : url.replace(/\/+$/, '');
