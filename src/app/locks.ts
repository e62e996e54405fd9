/**
 * Guards blobs while something stores them. An import writes blobs before the row that names them; the collector removes
 * blobs that no row names. So imports share a Web Lock, and the collector wants it alone.
 */
const NAME = 'lathe:blobs';

/** Runs `work` while no blob can be collected. */
export async function whileKeepingBlobs<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks.request(NAME, { mode: 'shared' }, work);
}

/** Runs `work` if nothing in any tab is storing blobs; otherwise leaves it for another time. */
export async function ifNobodyStores(work: () => Promise<unknown>): Promise<void> {
  await navigator.locks.request(NAME, { ifAvailable: true }, async (lock) => {
    if (lock) await work();
  });
}

/** What the name of the lock that a training run holds begins with; the run's id follows. */
export const RUN_LOCK_PREFIX = 'lathe:run:';

/** What the name of the lock that a study holds while it is conducted begins with; the study's id follows. */
export const STUDY_LOCK_PREFIX = 'lathe:study:';
