/** A dataset that is with others, who send its examples: to a trainer it is like one that is here. */
import type { Batch, Fetching, PreparedData } from '../contract';
import { ExampleCache } from './example-cache';
import { exampleCodec } from './example-codec';
import { readPreparation } from './preparation';

/** Where examples come from. */
export interface ExampleSupply {
  /** Resolves once somebody has the data ready. @throws LatheError of kind `group` where nobody has it for too long */
  preparation(): Promise<Uint8Array>;
  /**
   * Encoded examples, in the order of `indices`.
   * @param ticket Number of this request, each given once.
   * @param bytes Of one example.
   * @param urgent Before those that are not.
   * @throws LatheError of kind `group` where nobody sends them for too long
   */
  examples(ticket: number, indices: Uint32Array, bytes: number, urgent: boolean): Promise<Uint8Array>;
  /** A request is not wanted any more: its promise rejects. */
  drop(ticket: number): void | Promise<void>;
  /** From now on nobody is waited for who does not send. */
  hurry(): void | Promise<void>;
}

/** How much memory examples may take that are not at work, in bytes. */
export interface StreamLimits {
  /** Of those that come again. */
  cache: number;
  /** Of those that were fetched ahead, encoded. */
  ahead: number;
}

const LIMITS: StreamLimits = { cache: 256 * 2 ** 20, ahead: 64 * 2 ** 20 };

/**
 * Data that `supply` sends.
 * @param leaving Aborted where whoever asks is to leave: then nobody is waited for.
 * @throws LatheError of kind `group` where it cannot be had
 */
export async function streamedData(
  supply: ExampleSupply,
  leaving: AbortSignal,
  limits = LIMITS,
): Promise<PreparedData> {
  const hurry = (): void => void supply.hurry();
  if (leaving.aborted) hurry();
  leaving.addEventListener('abort', hurry);
  const { encoding, ...prepared } = readPreparation(await supply.preparation());
  const codec = exampleCodec(prepared.preprocessing, encoding);
  const cache = new ExampleCache(prepared.examples, codec.bytes, limits.cache, prepared.splits.validation);
  let tickets = 0;
  let ahead = 0;

  const fetch = (wanted: ArrayLike<number>, isAhead: boolean): Fetching | null => {
    const indices = Uint32Array.from(wanted);
    const missing = indices.filter((index) => cache.get(index) === null);
    const size = missing.length * codec.bytes;
    if (isAhead && ahead > 0 && ahead + size > limits.ahead) return null;
    let waits = isAhead ? size : 0;
    ahead += waits;
    const waited = (): void => {
      ahead -= waits;
      waits = 0;
    };
    const ticket = tickets++;
    const arrived =
      missing.length > 0 ? supply.examples(ticket, missing, codec.bytes, !isAhead) : Promise.resolve(new Uint8Array());
    // Whoever takes it hears of what went wrong.
    arrived.catch(() => undefined);
    return {
      async take(): Promise<Batch> {
        waited();
        const came = await arrived;
        if (came.length !== size) throw new TypeError('The examples that came are not as many as were asked for.');
        const parts = new Map<number, Uint8Array>();
        missing.forEach((index, i) => {
          const bytes = came.subarray(i * codec.bytes, (i + 1) * codec.bytes);
          parts.set(index, bytes);
          cache.put(index, bytes);
        });
        const bytes = new Uint8Array(indices.length * codec.bytes);
        indices.forEach((index, i) => {
          const part = parts.get(index) ?? cache.get(index);
          if (part) bytes.set(part, i * codec.bytes);
        });
        return codec.decode(bytes);
      },
      drop(): void {
        waited();
        void supply.drop(ticket);
      },
    };
  };

  return {
    ...prepared,
    fetch,
    batch: async (indices) => {
      const fetching = fetch(indices, false);
      if (!fetching) throw new TypeError('What is wanted at once is always fetched.');
      return fetching.take();
    },
    hurry,
  };
}
