/** Where everything of a replica lies in one WebAssembly memory. */
import { LatheError } from '../../base/errors';
import { sizeInWords } from '../../base/bytes';

/** Numbers of a state. */
export interface StateShape {
  /** Length of weights, of each slot, and of the average. */
  weights: number;
  slots: number;
  average: boolean;
  statistics: number;
}

/** Views of one copy of the state. */
export interface StateViews {
  /** Address of the copy. */
  readonly start: number;
  readonly weights: Float32Array<ArrayBuffer>;
  readonly slots: Float32Array<ArrayBuffer>[];
  readonly average: Float32Array<ArrayBuffer> | null;
  readonly statistics: Float32Array<ArrayBuffer>;
}

/** A memory with two copies of the state and one gradient. */
export interface StateMemory {
  memory: WebAssembly.Memory;
  /** Weights, slots, average: bytes from the start of a copy. */
  offsets: number[];
  copies: [StateViews, StateViews];
  gradient: Float32Array<ArrayBuffer>;
  /** Address of the gradient, and the first one behind it: a multiple of 16 bytes apart, with zeros behind the numbers. */
  gradientStart: number;
  gradientEnd: number;
}

const PAGE = 65_536;

/** Engines of 32-bit addresses take more than this here and there, but not everywhere. */
const MOST_BYTES = 2 ** 31;

/** Bytes of a vector with what fills its last four numbers up. */
const wholeFours = (length: number): number => Math.ceil(length / 4) * 16;

/** A memory for states of one shape. @throws LatheError where it would be too large, or the machine refuses it. */
export function makeStateMemory({ weights, slots, average, statistics }: StateShape): StateMemory {
  let end = 0;
  const place = (length: number): number => {
    const start = end;
    end += wholeFours(length);
    return start;
  };
  const vectors = 1 + slots + (average ? 1 : 0);
  const offsets = Array.from({ length: vectors }, () => place(weights));
  const statisticsOffset = place(statistics);
  const stateBytes = end;
  const gradientStart = 2 * stateBytes;
  const bytes = gradientStart + wholeFours(weights);

  const memory = allocate(bytes);
  const { buffer } = memory;
  const views = (start: number): StateViews => {
    const [first, ...rest] = offsets.map((offset) => new Float32Array(buffer, start + offset, weights));
    return {
      start,
      weights: first,
      slots: rest.slice(0, slots),
      average: average ? rest[slots] : null,
      statistics: new Float32Array(buffer, start + statisticsOffset, statistics),
    };
  };
  return {
    memory,
    offsets,
    copies: [views(0), views(stateBytes)],
    gradient: new Float32Array(buffer, gradientStart, weights),
    gradientStart,
    gradientEnd: bytes,
  };
}

function allocate(bytes: number): WebAssembly.Memory {
  const needed = `The parameters of this run, two copies and a gradient, need ${sizeInWords(bytes)} of memory on every peer`;
  if (bytes > MOST_BYTES) {
    throw new LatheError(
      'training',
      `${needed}; training together has at most ${sizeInWords(MOST_BYTES)}. Make the model smaller, or choose an optimizer that keeps less for each weight.`,
    );
  }
  const pages = Math.ceil(bytes / PAGE);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (thrown) {
    throw new LatheError(
      'training',
      `${needed}, which this machine does not give. Close other pages, or make the model smaller.`,
      {},
      [],
      {
        cause: thrown,
      },
    );
  }
}
