import { describe, expect, it } from 'vitest';
import { getPath, setPath } from '../../../src/config/path';

describe('config paths', () => {
  it('sets a nested key without touching the original', () => {
    const document = { training: { epochs: 3 }, name: 'a' };
    expect(setPath(document, 'training.batch_size', 8)).toEqual({ training: { epochs: 3, batch_size: 8 }, name: 'a' });
    expect(document).toEqual({ training: { epochs: 3 }, name: 'a' });
  });

  it('makes sections that are missing and replaces or appends list entries', () => {
    expect(setPath(undefined, 'a.b.c', 1)).toEqual({ a: { b: { c: 1 } } });
    expect(setPath({ hidden: [1, 2] }, 'hidden.0', 9)).toEqual({ hidden: [9, 2] });
    expect(setPath({ hidden: [1, 2] }, 'hidden.2', 3)).toEqual({ hidden: [1, 2, 3] });
  });

  it('refuses positions that are not there and keys of plain values', () => {
    expect(() => setPath({ hidden: [1] }, 'hidden.5', 1)).toThrow('hidden.5'.split('.')[1]);
    expect(() => setPath({ epochs: 3 }, 'epochs.x', 1)).toThrow('plain value');
  });

  it('reads a key, or undefined', () => {
    expect(getPath({ a: [{ b: 2 }] }, 'a.0.b')).toBe(2);
    expect(getPath({ a: 1 }, 'a.b.c')).toBeUndefined();
  });
});
