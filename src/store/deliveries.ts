/** Rows of deliveries, and of the servers and destinations that the user keeps. */
import { commit } from './commit';
import type { Database } from './database';
import {
  deliveryId,
  destinationId,
  newDelivery,
  type DeliveryRow,
  type Destination,
  type DestinationRow,
  type Subject,
} from './delivery';

/** All deliveries, oldest first. */
export async function allDeliveries(database: Database): Promise<DeliveryRow[]> {
  return (await database.getAll('deliveries')).sort((a, b) => a.created - b.created);
}

/** Deliveries of one run or study. */
export async function deliveriesOf(database: Database, { noun, id }: Subject): Promise<DeliveryRow[]> {
  return (await database.getAllFromIndex('deliveries', 'subject', id)).filter((row) => row.noun === noun);
}

/** Begins a delivery, unless there is one: what was sent already is not sent again. Returns the row as stored. */
export async function beginDelivery(
  database: Database,
  destination: Destination,
  subject: Subject,
  now = Date.now(),
): Promise<DeliveryRow> {
  const transaction = database.transaction('deliveries', 'readwrite');
  const known = await transaction.store.get(deliveryId(destination, subject));
  if (known) {
    // More may have come since it was done.
    const woken: DeliveryRow = { ...known, state: 'waiting', updated: now, next_attempt: null };
    await commit([transaction.store.put(woken)], transaction.done);
    return woken;
  }
  const row = newDelivery(destination, subject, now);
  await commit([transaction.store.put(row)], transaction.done);
  return row;
}

/** Changes some fields in one transaction; null where the delivery was removed meanwhile. */
export async function updateDelivery(
  database: Database,
  id: string,
  change: Partial<Omit<DeliveryRow, 'id'>>,
): Promise<DeliveryRow | null> {
  const transaction = database.transaction('deliveries', 'readwrite');
  const row = await transaction.store.get(id);
  if (!row) {
    await transaction.done;
    return null;
  }
  const next: DeliveryRow = { ...row, ...change, updated: Date.now() };
  await commit([transaction.store.put(next)], transaction.done);
  return next;
}

/** Forgets the deliveries of a run or study that is removed for good. */
export async function deleteDeliveries(database: Database, subject: Subject): Promise<void> {
  const rows = await deliveriesOf(database, subject);
  const transaction = database.transaction('deliveries', 'readwrite');
  await Promise.all([...rows.map(({ id }) => transaction.store.delete(id)), transaction.done]);
}

/** Destinations that the user keeps, oldest first. */
export async function allDestinations(database: Database): Promise<DestinationRow[]> {
  return (await database.getAll('destinations')).sort((a, b) => a.created - b.created);
}

/** Keeps a destination, or changes whether every run goes there. */
export async function keepDestination(
  database: Database,
  destination: Destination,
  everyRun: boolean,
): Promise<DestinationRow> {
  const id = destinationId(destination);
  const transaction = database.transaction('destinations', 'readwrite');
  const known = await transaction.store.get(id);
  const row: DestinationRow = { ...destination, id, created: known?.created ?? Date.now(), every_run: everyRun };
  await commit([transaction.store.put(row)], transaction.done);
  return row;
}
