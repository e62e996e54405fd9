/** What this browser's run tells the others in its room, read from the database when they ask. */
import type { GroupStatus } from '../status';
import { tellStatus } from '../status-schema';
import { LatheError } from '../../base/errors';
import { withoutRoom } from '../../config/without-room';
import { blobsOfDataset } from '../../store/dataset-blobs';
import type { Database } from '../../store/database';
import { listCheckpoints, missingParts } from '../../store/checkpoints';
import { getRun } from '../../store/runs';
import type { BlobHash, CheckpointRow, DatasetRow, RunRow } from '../../store/schema';
import type { LobbyContent } from './lobby';
import type { CheckpointManifest, KeptParts, Manifest, RoomDescription } from './lobby-messages';

/** Role of each column of a table, in order; null for other data. */
export const rolesOf = (dataset: DatasetRow): string[] | null =>
  dataset.kind === 'table' ? dataset.columns.map(({ role }) => role) : null;

/** What is here of the checkpoints of a run that are kept in parts. */
export async function keptParts(database: Database, runId: string): Promise<KeptParts[]> {
  const kept: KeptParts[] = [];
  for (const row of await listCheckpoints(database, runId)) {
    if (!row.parts) continue;
    const missing = new Set(await missingParts(database, row));
    const here = row.parts.hashes.map((_, part) => (missing.has(part) ? '0' : '1')).join('');
    kept.push({ step: row.step, weights: row.weights.hash, here });
  }
  return kept;
}

/** The blobs of a checkpoint and their sizes in bytes. */
function sizesOf({ weights, optimizer, parts }: CheckpointRow): Map<BlobHash, number> {
  if (parts) return new Map(parts.hashes.map((hash, part) => [hash, parts.bytes[part]]));
  return new Map(
    [weights, optimizer].map(({ hash, tensors }) => [
      hash,
      tensors.reduce((end, { offset, length }) => Math.max(end, offset + length), 0),
    ]),
  );
}

/** What is told of a dataset that others copy. @throws LatheError of kind `storage` where some of it is missing */
export async function manifestOf(database: Database, dataset: DatasetRow): Promise<Manifest> {
  const blobs: Manifest['blobs'] = [];
  for (const hash of blobsOfDataset(dataset)) {
    const row = await database.get('blobs', hash);
    if (!row) throw new LatheError('storage', `Data ${hash.slice(0, 12)}… of ${dataset.name} is missing.`);
    blobs.push({ hash, bytes: row.bytes });
  }
  return { row: dataset, blobs };
}

/** What is told of a run. */
export class RunContent implements LobbyContent {
  readonly #database: Database;
  /** Null: this browser only looks. */
  readonly #runId: () => string | null;
  readonly #group: () => GroupStatus | null;
  /** Blobs of checkpoints that somebody was told of. */
  readonly #told = new Set<BlobHash>();
  #served: { id: string; blobs: ReadonlySet<BlobHash> } | null = null;

  constructor(database: Database, runId: () => string | null, group: () => GroupStatus | null) {
    this.#database = database;
    this.#group = group;
    this.#runId = runId;
  }

  async describe(): Promise<RoomDescription | null> {
    const found = await this.#find();
    if (!found) return null;
    const { run, dataset } = found;
    const { name, kind, examples, bytes, content_hash } = dataset;
    const group = this.#group();
    return {
      run_name: run.name,
      config: withoutRoom(run.config),
      batch_size: run.batch_size ?? null,
      dataset: { name, kind, examples, bytes, content_hash },
      roles: rolesOf(dataset),
      group: group && tellStatus(group),
    };
  }

  async manifest(contentHash: string): Promise<Manifest | null> {
    const found = await this.#find();
    return found?.dataset.content_hash === contentHash ? manifestOf(this.#database, found.dataset) : null;
  }

  async checkpoint(step: number): Promise<CheckpointManifest | null> {
    const id = this.#runId();
    if (id === null) return null;
    const row = (await listCheckpoints(this.#database, id)).find((checkpoint) => checkpoint.step === step);
    if (!row) return null;
    const { epoch, reason, monitor, weights, optimizer, state, parts } = row;
    const blobs: CheckpointManifest['blobs'] = [];
    for (const [hash, bytes] of sizesOf(row)) {
      const here = (await this.#database.getKey('blobs', hash)) !== undefined;
      if (!here && !parts) return null;
      blobs.push({ hash, bytes, here });
      this.#told.add(hash);
    }
    return { step, epoch, reason, monitor, weights, optimizer, state, ...(parts && { parts }), blobs };
  }

  async kept(): Promise<KeptParts[]> {
    const id = this.#runId();
    return id === null ? [] : keptParts(this.#database, id);
  }

  async blob(hash: BlobHash): Promise<Blob | null> {
    const id = this.#runId();
    if (id === null) return null;
    if (this.#told.has(hash)) return (await this.#database.get('blobs', hash))?.blob ?? null;
    if (this.#served?.id !== id) {
      const found = await this.#find();
      if (!found) return null;
      this.#served = { id, blobs: new Set(blobsOfDataset(found.dataset)) };
    }
    // Nothing else of this browser's database is anybody's business.
    if (!this.#served.blobs.has(hash)) return null;
    return (await this.#database.get('blobs', hash))?.blob ?? null;
  }

  async #find(): Promise<{ run: RunRow; dataset: DatasetRow } | null> {
    const id = this.#runId();
    if (id === null) return null;
    const run = await getRun(this.#database, id);
    const dataset = await this.#database.get('datasets', run.dataset_id);
    return dataset ? { run, dataset } : null;
  }
}
