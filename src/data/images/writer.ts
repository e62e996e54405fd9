/** Takes images one by one, as pixels of one size or as the files they came in, and stores them in chunks. */
import type { BlobStore } from '../../store/blobs';
import type { ImageChunk } from '../../store/schema';
import { putIndex, type ImageIndex } from './chunk-index';

const CHUNK_BYTES = 8 << 20;
const CHUNK_EXAMPLES = 8192;

/** What is known of one image beside its pixels. */
export interface ImageEntry {
  name: string;
  /** Position in the dataset's classes, -1: none. */
  label: number;
  test: boolean;
}

/** Stores images. Call `append` for each, `flush` whenever `full`, and `finish` at the end. */
export class ImageWriter {
  examples = 0;
  testExamples = 0;
  bytes = 0;
  private readonly chunks: ImageChunk[] = [];
  private readonly pixelHashes: string[] = [];
  private readonly labels: number[] = [];
  private readonly tests: number[] = [];
  private pending: { data: Uint8Array; entry: ImageEntry }[] = [];
  private pendingBytes = 0;

  /** `raw`: size of the images where they come as pixels; null: as files. */
  constructor(
    private readonly blobs: BlobStore,
    private readonly raw: { height: number; width: number; channels: number } | null,
  ) {}

  /** Whether `flush` should be called before the next image. */
  get full(): boolean {
    return this.pendingBytes >= CHUNK_BYTES || this.pending.length >= CHUNK_EXAMPLES;
  }

  /** Adds an image: `height · width · channels` bytes when raw, else a whole file. */
  append(data: Uint8Array, entry: ImageEntry): void {
    this.pending.push({ data, entry });
    this.pendingBytes += data.length;
    this.examples++;
    if (entry.test) this.testExamples++;
    this.labels.push(entry.label);
    this.tests.push(entry.test ? 1 : 0);
  }

  /** Stores the images held so far as one chunk. */
  async flush(): Promise<void> {
    const held = this.pending;
    if (held.length === 0) return;
    const data = new Uint8Array(this.pendingBytes);
    let at = 0;
    for (const image of held) {
      data.set(image.data, at);
      at += image.data.length;
    }
    this.pending = [];
    this.pendingBytes = 0;
    const index: ImageIndex = {
      names: held.map(({ entry }) => entry.name),
      labels: held.map(({ entry }) => entry.label),
      test: held.map(({ entry }) => (entry.test ? 1 : 0)),
      lengths: this.raw ? null : held.map((image) => image.data.length),
    };
    const pixels = await this.blobs.put(data);
    this.bytes += data.length;
    this.pixelHashes.push(pixels);
    this.chunks.push({
      examples: held.length,
      encoding: this.raw ? 'raw' : 'encoded',
      pixels,
      index: await putIndex(this.blobs, index),
    });
  }

  /** Stores what is left and returns all chunks. */
  async finish(): Promise<ImageChunk[]> {
    await this.flush();
    return this.chunks;
  }

  /** Examples of each class. */
  classCounts(classes: number): number[] {
    const counts = new Array<number>(classes).fill(0);
    for (const label of this.labels) if (label >= 0) counts[label]++;
    return counts;
  }

  /** The content, as far as names play no part in it: hashes of the pixels, labels, splits. */
  fingerprint(): { pixels: string[]; labels: number[]; test: number[] } {
    return { pixels: this.pixelHashes, labels: this.labels, test: this.tests };
  }
}
