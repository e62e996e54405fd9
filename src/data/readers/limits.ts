/** How much an archive may unpack to before it is taken for a bomb. */
export const LIMITS = {
  /** Entries in one archive. */
  entries: 200_000,
  /** Bytes of all entries, unpacked. */
  totalBytes: 2 * 1024 ** 3,
  /** Unpacked to packed bytes of one entry, judged from `ratioFrom` unpacked bytes on. Text reaches 20, deflate ends at 1032. */
  ratio: 300,
  ratioFrom: 16 * 1024 ** 2,
};

/** Bytes as a person reads them. */
export function megabytes(bytes: number): string {
  if (bytes >= 1024 ** 3) return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
  return bytes >= 1024 ** 2 ? `${(bytes / 1024 ** 2).toFixed(1)} MB` : `${Math.ceil(bytes / 1024)} KB`;
}
