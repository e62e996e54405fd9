import { expect, it } from 'vitest';
import { AllToAll } from '../../../../bench/peers/all-to-all';
import { MemoryNetwork } from '../../../../src/peers/transport/memory-network';

it('gives every peer the mean of all weights, step after step', async () => {
  const network = new MemoryNetwork();
  const [ab, ba] = network.connect('a', 'b');
  const [ac, ca] = network.connect('a', 'c');
  const [bc, cb] = network.connect('b', 'c');
  const length = 40_000;
  const peers = [
    [null, ab, ac],
    [ba, null, bc],
    [ca, cb, null],
  ].map((links) => new AllToAll(links, length));
  for (const step of [0, 1]) {
    const means = await Promise.all(
      peers.map((peer, rank) => peer.average(step, new Float32Array(length).fill(3 * rank + step))),
    );
    for (const mean of means) expect(mean.every((value) => Math.abs(value - (3 + step)) < 1e-6)).toBe(true);
  }
});
