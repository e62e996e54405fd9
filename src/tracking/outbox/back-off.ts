/** How long to wait before something that failed is tried again. */
import type { DeliveryErrorCode } from '../../store/delivery';

/** Milliseconds before the second attempt, and at most. */
const FIRST_MS = 1_000;
const MOST_MS = 5 * 60_000;

/** Milliseconds between attempts where only the user can mend what is wrong; what they change wakes it at once. */
const BLOCKED_MS = 10 * 60_000;

/** Errors that go away when the user does something, not by waiting. */
const BLOCKING: ReadonlySet<DeliveryErrorCode> = new Set([
  'cors',
  'mixed_content',
  'not_allowed',
  'unauthorized',
  'forbidden',
  'not_found',
  'too_large',
  'refused',
  'quota',
  'folder',
  'local',
]);

/** Errors after which it is certain that nothing of a request was taken. */
const NOT_TAKEN: ReadonlySet<DeliveryErrorCode> = new Set([
  'offline',
  'cors',
  'mixed_content',
  'not_allowed',
  'unauthorized',
  'forbidden',
  'not_found',
  'too_large',
  'too_many',
  'refused',
  'quota',
  'local',
]);

/** Whether only the user can mend this. */
export const isBlocking = (code: DeliveryErrorCode): boolean => BLOCKING.has(code);

/** Whether a request that failed so may have been carried out all the same. */
export const mayHaveArrived = (code: DeliveryErrorCode): boolean => !NOT_TAKEN.has(code);

/**
 * Milliseconds until the next attempt: doubled after every failure, up to five minutes, and then anywhere in the upper half
 * of that, so that many browsers do not come back at the same moment. What the server asks for is the least.
 * @param attempts failures in a row, from 1
 * @param random in [0, 1)
 */
export function waitAfter(
  code: DeliveryErrorCode,
  attempts: number,
  retryAfter: number | null,
  random = Math.random(),
): number {
  const doubled = isBlocking(code) ? BLOCKED_MS : Math.min(MOST_MS, FIRST_MS * 2 ** (attempts - 1));
  return Math.max(retryAfter ?? 0, doubled * (0.5 + random / 2));
}
