/**
 * One run in a folder of its own: event files, a new one for every write.
 *
 * The browser cannot append: it writes a copy, and puts it in the place of the file. TensorBoard's reader keeps the file open
 * that it began with, and never sees the copy. New files it does see. So that they do not become too many, older ones are
 * merged into the first, whose content a reader has by then: to a reader that starts later they are one file. A write that was
 * not acknowledged is made again under the same name.
 *
 * How a run ended is a file of its own, since of all ends TensorBoard takes the first (its readers keep the metadata of a tag as
 * first seen): where a run goes on, or ends otherwise, that file is removed. A TensorBoard that is running by then may show what
 * it has read until it is started again.
 */
import * as v from 'valibot';
import { sha256 } from '../../../base/hash';
import { slug } from '../../../base/slug';
import { EventFile, eventFileName } from '../../../export/tensorboard/event-file';
import {
  embeddingFiles,
  PROJECTOR_CONFIG,
  projectorConfig,
  projectorEntry,
} from '../../../export/tensorboard/projector';
import { describeRun } from '../../../export/tensorboard/run';
import { UNFINISHED } from '../../../store/schema';
import type { Json } from '../../../store/study';
import type { Answer, Batch, RemoteRun, TrackedRun } from '../../tracker';

/** A folder that is written to. Its methods throw DeliveryErrors. */
export interface Folder {
  /** Names of what is in it. */
  names(): Promise<string[]>;
  /** A folder in it, made where it is not there. */
  folder(name: string): Promise<Folder>;
  /** What a file holds; null: there is none. */
  read(name: string): Promise<File | null>;
  /**
   * Makes a file hold its first `keep` bytes (0 where it is not said), and `data` behind them: all of it, or nothing.
   * @param path folders on the way are made
   */
  write(path: string, data: readonly (Blob | Uint8Array<ArrayBuffer>)[], keep?: number): Promise<void>;
  /** Removes a file or a folder with all that is in it; it need not be there. */
  remove(name: string): Promise<void>;
}

/** From so many files on they are merged. */
const MANY = 32;

/** Milliseconds that a file stays as it is, so that a reader has it: they look every few seconds. */
const FRESH_MS = 60_000;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const memory = v.object({
  folder: v.string(),
  /** Bytes of the first file; 0: there is none. */
  base: count,
  /** Number of the first file that is not merged, and bytes of each from there on, their heads not counted. */
  first: count,
  parts: v.array(count),
  /** The last batch, and the number of its file; 0: the first. */
  last: v.nullable(v.object({ batch: count, part: count })),
  /** SHA-256 of the run's description as written last, and how many were. */
  about: v.nullable(v.string()),
  abouts: count,
  /** Its end as it was written, and the number of its file; null: none was. */
  end: v.optional(v.nullable(v.object({ status: v.string(), at: v.number(), part: count })), null),
  embeddings: v.array(v.object({ name: v.string(), rows: count, width: count, labels: v.boolean() })),
});

type Memory = v.InferOutput<typeof memory>;

const nothing = (folder: string): Memory => ({
  folder,
  base: 0,
  first: 1,
  parts: [],
  last: null,
  about: null,
  abouts: 0,
  end: null,
  embeddings: [],
});

/** Finds the folder of a run, or makes it. @throws DeliveryError */
export async function openRun(root: Folder, run: TrackedRun, state: Json): Promise<RemoteRun> {
  const known = v.safeParse(memory, state);
  if (known.success) return new FolderRun(await root.folder(known.output.folder), run, known.output, false);
  // A run that was renamed keeps its folder: it ends with the run's id.
  const name = (await root.names()).find((entry) => entry.endsWith(`-${run.id}`)) ?? `${slug(run.name)}-${run.id}`;
  const folder = await root.folder(name);
  const found = await lookAround(folder, run, name);
  return new FolderRun(folder, run, found, found.base > 0);
}

class FolderRun implements RemoteRun {
  readonly url = null;
  readonly #folder: Folder;
  #run: TrackedRun;
  #memory: Memory;
  /** Whether there are files of which nothing was remembered. */
  #found: boolean;

  constructor(folder: Folder, run: TrackedRun, remembered: Memory, found: boolean) {
    this.#folder = folder;
    this.#run = run;
    this.#memory = remembered;
    this.#found = found;
  }

  get state(): Json {
    return { ...this.#memory };
  }

  async send(batch: Batch, again: boolean): Promise<Answer> {
    await this.#forgetEnd();
    const { last } = this.#memory;
    const before = again && last?.batch === batch.number && last.part > 0 ? last.part : null;
    // The first batch, though there are files: an earlier delivery wrote them, and this one sends all of it again.
    if (before === null && batch.number === 0 && (last !== null || this.#found)) await this.#startOver();
    const embeddings = await this.#writeEmbeddings(batch);
    const part = await this.#write(before, async (file) => {
      for (const series of batch.points) file.scalars(series);
      for (const row of batch.media) await file.media(row);
      file.lines(batch.number, batch.lines);
    });
    this.#memory = { ...this.#memory, last: { batch: batch.number, part }, embeddings };
    return { stop: false };
  }

  /** TensorBoard shows no files: the bundle and other destinations have them. */
  async upload(): Promise<void> {}

  async update(run: TrackedRun): Promise<void> {
    this.#run = run;
    await this.#forgetEnd();
    const description = await sha256(describeRun(run));
    const { about, abouts } = this.#memory;
    if (description !== about) {
      await this.#write(null, (file) => file.about(abouts, run.ended ?? Date.now(), run));
      this.#memory = { ...this.#memory, about: description, abouts: abouts + 1 };
    }
    const end = endOf(run);
    if (end === null || this.#memory.end !== null) return;
    const part = await this.#write(null, (file) => file.end(run, end.at));
    this.#memory = { ...this.#memory, end: { ...end, part } };
  }

  /** Removes the end that was written, where the run has gone on since. */
  async #forgetEnd(): Promise<void> {
    const { end, first, parts } = this.#memory;
    const now = endOf(this.#run);
    if (end === null || (end.status === now?.status && end.at === now.at)) return;
    await this.#folder.remove(partName(this.#run, end.part));
    // Its number is not given again: a reader goes from one name to the next.
    this.#memory = { ...this.#memory, end: null, parts: parts.with(end.part - first, 0) };
  }

  /**
   * Writes what `fill` adds as a file of its own; the first one begins with what there is to say of the run.
   * @param before number of the file that is written again; null: a new one
   * @returns its number
   */
  async #write(before: number | null, fill: (file: EventFile) => void | Promise<void>): Promise<number> {
    const file = new EventFile();
    file.begin(this.#run.started);
    const head = file.take();
    if (this.#memory.base === 0) file.start(this.#run);
    await fill(file);
    const bytes = file.take();
    if (this.#memory.base === 0) {
      await this.#folder.write(partName(this.#run, 0), [head, bytes]);
      this.#memory = { ...this.#memory, base: head.length + bytes.length };
      return 0;
    }
    await this.#merge(head.length);
    const { first, parts } = this.#memory;
    const part = before ?? first + parts.length;
    await this.#folder.write(partName(this.#run, part), [head, bytes]);
    this.#memory = { ...this.#memory, parts: [...parts.slice(0, part - first), bytes.length] };
    return part;
  }

  /** Merges older files into the first, where they are many. @param head bytes of the head of each */
  async #merge(head: number): Promise<void> {
    const { base, first, parts, last, end } = this.#memory;
    if (parts.length < MANY) return;
    const name = partName(this.#run, 0);
    const size = (await this.#folder.read(name))?.size ?? 0;
    // The last batch may come again, and is a file until it cannot; the end stays one.
    const most = last === null ? 0 : Math.min(last.part, end?.part ?? Infinity) - first;
    let merged = 0;
    let length = base;
    // A merge that was done and not remembered: its files may be gone already, and it is as long as they were.
    while (merged < most && length + parts[merged] <= size) length += parts[merged++];
    if (length !== size) {
      merged = 0;
      length = Math.min(base, size);
    }
    const more: Blob[] = [];
    let merging = length;
    for (; merged < most; merged++) {
      const file = await this.#folder.read(partName(this.#run, first + merged));
      // Whoever deletes a file has done so on purpose.
      if (!file) continue;
      if (file.lastModified > Date.now() - FRESH_MS) break;
      more.push(file.slice(head));
      merging += file.size - head;
    }
    if (more.length > 0) await this.#folder.write(name, more, length);
    for (let part = first; part < first + merged; part++) await this.#folder.remove(partName(this.#run, part));
    this.#memory = { ...this.#memory, base: merging, first: first + merged, parts: parts.slice(merged) };
  }

  /** Writes the vectors of a batch, and returns all that there are. */
  async #writeEmbeddings(batch: Batch): Promise<Memory['embeddings']> {
    const entries = new Map(this.#memory.embeddings.map((entry) => [entry.name, entry]));
    let wrote = false;
    for (const { name, content } of batch.media) {
      if (content.kind !== 'embedding') continue;
      for (const { path, bytes } of embeddingFiles(name, content)) await this.#folder.write(path, [bytes]);
      entries.set(name, projectorEntry(name, content));
      wrote = true;
    }
    if (wrote) {
      const config = new TextEncoder().encode(projectorConfig([...entries.values()]));
      await this.#folder.write(PROJECTOR_CONFIG, [config]);
    }
    return [...entries.values()];
  }

  async #startOver(): Promise<void> {
    const name = eventFileName(this.#run);
    for (const entry of await this.#folder.names()) {
      if (entry.startsWith(name) || entry === PROJECTOR_CONFIG || entry === 'projector') {
        await this.#folder.remove(entry);
      }
    }
    this.#memory = nothing(this.#memory.folder);
    this.#found = false;
  }
}

/** How a run ended; null: it has not. */
const endOf = ({ status, ended }: TrackedRun): { status: string; at: number } | null =>
  ended === null || UNFINISHED.includes(status) ? null : { status, at: ended };

/** What can be said of a run's folder where nothing is remembered of it. */
async function lookAround(folder: Folder, run: TrackedRun, name: string): Promise<Memory> {
  const head = new EventFile();
  head.begin(run.started);
  const headBytes = head.take().length;
  const base = (await folder.read(partName(run, 0)))?.size ?? 0;
  const prefix = `${eventFileName(run)}.`;
  const numbers = (await folder.names())
    .filter((entry) => entry.startsWith(prefix))
    .map((entry) => Number(entry.slice(prefix.length)))
    .filter((number) => Number.isInteger(number) && number > 0);
  if (base === 0 || numbers.length === 0) return { ...nothing(name), base };
  const first = Math.min(...numbers);
  const parts: number[] = [];
  for (let part = first; part <= Math.max(...numbers); part++) {
    parts.push(Math.max(0, ((await folder.read(partName(run, part)))?.size ?? 0) - headBytes));
  }
  return { ...nothing(name), base, first, parts };
}

/** Names sort as the files follow each other. */
const partName = (run: TrackedRun, part: number): string =>
  eventFileName(run) + (part > 0 ? `.${String(part).padStart(6, '0')}` : '');
