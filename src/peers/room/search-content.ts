/** What a browser that takes part in a search tells and hands out in its room, read from the database when it is asked. */
import { withoutRoom } from '../../config/without-room';
import type { BlobHash, DatasetRow } from '../../store/schema';
import { blobsOfDataset } from '../../store/dataset-blobs';
import type { Database } from '../../store/database';
import { getStudy } from '../../store/studies';
import type { LobbyContent } from './lobby';
import type { KeptParts, Manifest, RoomDescription } from './lobby-messages';
import { manifestOf, rolesOf } from './run-content';
import { packRun } from './trial-run';
import type { SentRun } from './trial-run-schema';

/** How a browser takes part: it has the study, or trains trials of another's with this dataset. */
export type SearchPart = { role: 'host'; study_id: string } | { role: 'guest'; dataset_id: string };

/** What is told of a search, and what of it is handed out. */
export class SearchContent implements LobbyContent {
  readonly #database: Database;
  readonly #part: SearchPart;
  readonly #dataset: DatasetRow;
  /** Of the dataset. Nothing else of this browser's database is anybody's business, but the runs that it packed. */
  readonly #blobs: ReadonlySet<BlobHash>;
  readonly #packed = new Map<string, ReadonlyMap<BlobHash, Blob>>();

  constructor(database: Database, part: SearchPart, dataset: DatasetRow) {
    this.#database = database;
    this.#part = part;
    this.#dataset = dataset;
    this.#blobs = new Set(blobsOfDataset(dataset));
  }

  /** Hands out the run of a trial until `release`. @throws LatheError */
  async pack(runId: string): Promise<SentRun> {
    const { sent, blobs } = await packRun(this.#database, runId);
    this.#packed.set(runId, blobs);
    return sent;
  }

  release(runId: string): void {
    this.#packed.delete(runId);
  }

  async describe(): Promise<RoomDescription | null> {
    if (this.#part.role === 'guest') return null; // How far the study is only its host knows.
    const { name: run_name, config, counts } = await getStudy(this.#database, this.#part.study_id);
    if (!config) return null;
    const { name, kind, examples, bytes, content_hash } = this.#dataset;
    return {
      run_name,
      config: withoutRoom(config),
      batch_size: null,
      dataset: { name, kind, examples, bytes, content_hash },
      roles: rolesOf(this.#dataset),
      group: null,
      search: {
        trials: config.optimization.hyperparameter_search.n_trials,
        done: counts.complete + counts.pruned + counts.failed,
      },
    };
  }

  async manifest(contentHash: string): Promise<Manifest | null> {
    return contentHash === this.#dataset.content_hash ? manifestOf(this.#database, this.#dataset) : null;
  }

  checkpoint(): Promise<null> {
    return Promise.resolve(null);
  }

  /** A trial is nobody's in parts. */
  async kept(): Promise<KeptParts[]> {
    return [];
  }

  async blob(hash: BlobHash): Promise<Blob | null> {
    for (const blobs of this.#packed.values()) {
      const blob = blobs.get(hash);
      if (blob) return blob;
    }
    return this.#blobs.has(hash) ? ((await this.#database.get('blobs', hash))?.blob ?? null) : null;
  }
}
