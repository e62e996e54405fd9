import { describe, expect, it } from 'vitest';
import {
  MessageCutter,
  MessageJoiner,
  MOST_MESSAGE,
  MOST_PIECE,
  PIECE_KIND,
} from '../../../../src/peers/transport/pieces';

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);
}

describe('a message', () => {
  it.each([0, 1, MOST_PIECE, MOST_PIECE + 1, 2 * MOST_PIECE, 3 * MOST_PIECE - 1])(
    'of %i bytes comes out of its pieces as it was',
    (length) => {
      const cutter = new MessageCutter();
      const joiner = new MessageJoiner();
      const [long, short] = [pattern(length), Uint8Array.of(7)];
      cutter.add(long);
      cutter.add(short);
      const messages: Uint8Array[] = [];
      for (let piece = cutter.take(); piece !== null; piece = cutter.take()) {
        expect(piece.bytes.byteLength).toBeLessThanOrEqual(MOST_PIECE);
        if (piece.kind === PIECE_KIND.whole) messages.push(piece.bytes);
        else {
          const message = joiner.add(piece.bytes, piece.kind === PIECE_KIND.last);
          if (message instanceof Uint8Array) messages.push(message);
        }
      }
      expect(messages).toEqual([long, short]);
      expect([cutter.isEmpty, cutter.bytes]).toEqual([true, 0]);
    },
  );
});

describe('pieces from elsewhere', () => {
  it('are refused when they are too short or too many', () => {
    const joiner = new MessageJoiner();
    expect(joiner.add(new Uint8Array(1), false)).toBe('malformed');
    const piece = new Uint8Array(MOST_PIECE);
    const most = Math.floor(MOST_MESSAGE / MOST_PIECE);
    for (let i = 0; i < most; i++) expect(joiner.add(piece, false)).toBe(null);
    expect(joiner.add(piece, false)).toBe('too_long');
  });
});
