/**
 * Calls between the page and its workers: comlink, kept behind this one module.
 *
 * Comlink forwards only `message`, `name` and `stack` of what a worker throws. The transfer handler below replaces
 * its own and carries a `LatheError` whole, so that the page catches the same typed error that the worker raised.
 */
import * as Comlink from 'comlink';
import { LatheError, type ErrorJson } from './errors';

const stock = Comlink.transferHandlers.get('throw');

Comlink.transferHandlers.set('throw', {
  canHandle: (value: unknown): value is { value: unknown } => stock?.canHandle(value) ?? false,
  serialize: (thrown: { value: unknown }): [ErrorJson, Transferable[]] => [LatheError.from(thrown.value).toJSON(), []],
  deserialize: (json: ErrorJson): never => {
    throw LatheError.fromJSON(json);
  },
});

/** Offers `api` to the page on the other side of this worker, or to whoever is at the other end of `port`. */
export function expose(api: object, port?: MessagePort): void {
  Comlink.expose(api, port);
}

/** A worker's API as the other side sees it: every method returns a promise. */
export type Remote<T> = Comlink.Remote<T>;

/** Connects to the API that `worker`, or the other end of a port, exposes. */
export function connect<T>(worker: Worker | MessagePort): Remote<T> {
  return Comlink.wrap<T>(worker);
}

/** Marks `transferables` inside `value` to be moved, not copied. */
export const transfer = Comlink.transfer;
