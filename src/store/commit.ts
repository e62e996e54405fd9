/** The end of a write: every request and the transaction itself, with the error that tells the cause. */
import { isQuotaError, LatheError } from '../base/errors';

/**
 * Waits for `requests` and for the transaction's `done`. When a transaction is aborted, its requests fail with a bare
 * “aborted” and only `done` knows why: a full disk is found wherever it is named.
 * @throws LatheError, of kind `storage` unless a request threw a LatheError of its own.
 */
export async function commit(requests: Promise<unknown>[], done: Promise<void>): Promise<void> {
  const failures = (await Promise.allSettled([...requests, done]))
    .filter((result) => result.status === 'rejected')
    .map((result): unknown => result.reason);
  if (failures.length > 0) throw LatheError.from(failures.find(isQuotaError) ?? failures[0], 'storage');
}
