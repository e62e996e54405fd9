import { afterEach, describe, expect, it } from 'vitest';
import { PortCollective } from '../../../../src/peers/trainer/port-collective';
import type { PeerMessage } from '../../../../src/peers/trainer-port';
import type { ComputeItem, ItemSurroundings } from '../../../../src/training/collective';

const ports: MessagePort[] = [];
afterEach(() => ports.splice(0).forEach((port) => port.close()));

/** A trainer in its first update, and what it told of items. */
function trainer(compute: ComputeItem) {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const items: number[] = [];
  port1.onmessage = ({ data }: MessageEvent<{ type: string; item: number }>) => {
    if (data.type === 'item') items.push(data.item);
  };
  const collective = new PortCollective(port2, 8);
  collective.run({ kind: 'update', index: 0, items: 8, scalars: {} }, compute, () => undefined);
  return { items, tell: (message: PeerMessage) => port1.postMessage(message) };
}

const order = (round: number, items: number[]): PeerMessage => ({
  type: 'compute',
  seq: 0,
  round,
  items,
  weights: null,
});

describe('a trainer behind a port', () => {
  it('computes what is asked for later behind what was asked for before, and names what comes next', async () => {
    let first = (): void => undefined;
    const next: (number | null)[] = [];
    const { items, tell } = trainer(async (item, _sink, around) => {
      next.push(around.next);
      if (item === 0) await new Promise<void>((resolve) => (first = resolve));
      return [1];
    });
    tell(order(1, [0, 1, 2]));
    await expect.poll(() => next).toEqual([1]);
    tell(order(2, [5]));
    await new Promise((resolve) => setTimeout(resolve, 20));
    first();
    await expect.poll(() => items).toEqual([0, 1, 2, 5]);
    expect(next).toEqual([1, 2, null, null]);
  });

  it('waits no longer for an item that others have computed', async () => {
    const begun: number[] = [];
    const { items, tell } = trainer((item, _sink, { signal }: ItemSurroundings) => {
      begun.push(item);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(null)));
    });
    tell(order(1, [0, 1]));
    tell(order(1, [2]));
    await expect.poll(() => begun).toEqual([0]);
    tell({ type: 'applied', seq: 0, weights: null });
    // A transaction that failed after all is computed again.
    tell(order(2, [3]));
    await expect.poll(() => begun).toEqual([0, 3]);
    expect(items).toEqual([]);
  });
});
