import { describe, expect, it } from 'vitest';
import { Slots } from '../../../src/sweeps/slots';

/** Looks until the slots are settled, or often enough. `speed(n)`: of each of `n` trials at once. */
function settle(slots: Slots, speed: (n: number) => number, each = 1, limit: number | null = null): number {
  for (let i = 0; i < 200 && !slots.settled; i++) {
    const n = slots.open;
    slots.look({ speeds: Array.from({ length: n }, () => speed(n)), held: n * each, limit });
  }
  return slots.open;
}

describe('trials at once', () => {
  it('are as many as asked for', () => {
    const slots = new Slots(3);
    expect(slots.settled).toBe(true);
    slots.look({ speeds: [1, 1, 1], held: 0, limit: null });
    expect(slots.open).toBe(3);
  });

  it('stay one where another makes nothing faster', () => {
    expect(settle(new Slots('auto'), (n) => 100 / n)).toBe(1);
  });

  it('grow while that is worth it', () => {
    // Four fill the device: a fifth only shares.
    expect(settle(new Slots('auto'), (n) => 100 * Math.min(1, 4 / n))).toBe(4);
  });

  it('stop at what the memory holds', () => {
    expect(settle(new Slots('auto'), () => 100, 300, 1000)).toBe(2);
  });

  it('are not more than eight', () => {
    expect(settle(new Slots('auto'), () => 100)).toBe(8);
  });

  it('are not decided by trials that only begin, or by fewer than may run', () => {
    const slots = new Slots('auto');
    for (let i = 0; i < 100; i++) slots.look({ speeds: [null], held: 0, limit: null });
    for (let i = 0; i < 100; i++) slots.look({ speeds: [], held: 0, limit: null });
    expect(slots.open).toBe(1);
    expect(slots.settled).toBe(false);
  });
});
