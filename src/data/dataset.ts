/** A new dataset's row, and the hash that names its content. */
import { canonicalJson, sha256 } from '../base/hash';
import { newId } from '../base/ids';
import type { DatasetRow } from '../store/schema';

type Fresh = 'id' | 'created' | 'deleted_at';

/** What a reader knows of a dataset; the rest is the same for all new ones. */
export type NewDataset = DistributiveOmit<DatasetRow, Fresh>;

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Completes a row. */
export function newDataset(dataset: NewDataset): DatasetRow {
  return { ...dataset, id: newId(), created: Date.now(), deleted_at: null };
}

/** SHA-256 of whatever a dataset's content is made of, as canonical JSON. */
export const contentHash = (content: unknown): Promise<string> => sha256(canonicalJson(content));

/** The name of a path's last part without its extensions: `data/train.csv.gz` → `train`. */
export function stem(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.replace(/(?<=.)(\.(gz|gzip))?$/i, '').replace(/(?<=.)\.[A-Za-z0-9]{1,6}$/, '');
}
