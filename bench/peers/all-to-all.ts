/**
 * The exchange that browsers have used for this before: every peer takes a step by itself and sends all of its weights to
 * every other peer; each takes the mean. Same links, same trainers, nothing held back: frames of full size to all at once,
 * one pass to take the mean.
 */
import { MOST_FRAME, type Link } from '../../src/peers/transport/link';

/** Step, and place of the first number. */
const HEADER = 8;
const CHUNK = MOST_FRAME - HEADER;

/** Weights of one step as they come in. */
interface Round {
  /** By rank. */
  weights: (Uint8Array<ArrayBuffer> | null)[];
  missing: number[];
  done: Promise<void>;
  resolve: () => void;
}

/** One peer of the exchange. */
export class AllToAll {
  private readonly rounds = new Map<number, Round>();
  private readonly bytes: number;

  /**
   * @param links By rank; null at the own.
   * @param length Numbers of the weights.
   */
  constructor(
    private readonly links: readonly (Link | null)[],
    length: number,
  ) {
    this.bytes = 4 * length;
    for (const [rank, link] of links.entries()) if (link) link.onFrame = (frame) => this.receive(rank, frame);
  }

  /** The mean of everybody's weights after `step`, in the order of ranks: the same at all. */
  async average(step: number, values: Float32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>> {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const round = this.round(step);
    await Promise.all([...this.links.map((link) => link && send(link, step, bytes)), round.done]);
    this.rounds.delete(step);
    const all = round.weights.map((one) => (one ? new Float32Array(one.buffer) : values));
    const mean = all[0].slice();
    for (const one of all.slice(1)) for (let i = 0; i < mean.length; i++) mean[i] += one[i];
    const share = 1 / all.length;
    for (let i = 0; i < mean.length; i++) mean[i] *= share;
    return mean;
  }

  private round(step: number): Round {
    let round = this.rounds.get(step);
    if (!round) {
      const weights = this.links.map((link) => link && new Uint8Array(this.bytes));
      let resolve = (): void => undefined;
      const done = new Promise<void>((settle) => (resolve = settle));
      round = { weights, missing: weights.map((one) => one?.length ?? 0), done, resolve };
      this.rounds.set(step, round);
      if (round.missing.every((left) => left === 0)) round.resolve();
    }
    return round;
  }

  private receive(rank: number, frame: Uint8Array): void {
    const view = new DataView(frame.buffer, frame.byteOffset);
    const round = this.round(view.getUint32(0, true));
    round.weights[rank]?.set(frame.subarray(HEADER), view.getUint32(4, true));
    round.missing[rank] -= frame.length - HEADER;
    if (round.missing.every((left) => left === 0)) round.resolve();
  }
}

async function send(link: Link, step: number, bytes: Uint8Array): Promise<void> {
  const frame = new Uint8Array(MOST_FRAME);
  const view = new DataView(frame.buffer);
  for (let start = 0; start < bytes.length; start += CHUNK) {
    const part = bytes.subarray(start, start + CHUNK);
    view.setUint32(0, step, true);
    view.setUint32(4, start, true);
    frame.set(part, HEADER);
    await link.sendFrame(frame.subarray(0, HEADER + part.length));
  }
}
