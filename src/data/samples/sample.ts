/** What a sample dataset is. To add one: a file in this folder, and its line in `registry.ts`. */
import type { ImportFile } from '../api';

/** A dataset that code makes, from a seed of its own: always the same. It goes through the same import as any file. */
export interface Sample {
  name: string;
  title: string;
  description: string;
  make(): Promise<ImportFile[]>;
}

/** A table as a CSV file. Cells must hold no commas, quotes or line breaks. */
export function csvFile(name: string, header: string[], rows: (string | number)[][]): ImportFile {
  const text = [header, ...rows].map((row) => row.join(',')).join('\n') + '\n';
  return { path: `${name}.csv`, file: new File([text], `${name}.csv`, { type: 'text/csv' }) };
}
