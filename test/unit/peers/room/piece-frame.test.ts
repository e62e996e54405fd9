import { expect, it } from 'vitest';
import { decodePieceFrame, encodePieceFrame, isPieceFrame } from '../../../../src/peers/room/piece-frame';

const frame = { ticket: 4_000_000_000, offset: 70_000, payload: Uint8Array.of(1, 2, 3) };

it('reads what it writes, wherever the bytes lie', () => {
  const bytes = encodePieceFrame(frame);
  expect(decodePieceFrame(bytes)).toEqual(frame);
  const within = new Uint8Array(bytes.length + 5);
  within.set(bytes, 5);
  expect(decodePieceFrame(within.subarray(5))).toEqual(frame);
});

it('takes nothing else for a frame', () => {
  const bytes = encodePieceFrame(frame);
  const changed = (at: number, value: number): Uint8Array => bytes.map((byte, i) => (i === at ? value : byte));
  expect(decodePieceFrame(bytes.subarray(0, bytes.length - 1))).toBeNull();
  expect(decodePieceFrame(bytes.subarray(0, 16))).toBeNull();
  expect(decodePieceFrame(changed(2, 2))).toBeNull();
  expect(decodePieceFrame(changed(12, 4))).toBeNull();
  expect(isPieceFrame(changed(0, 0x54))).toBe(false);
  expect(isPieceFrame(new Uint8Array(1))).toBe(false);
});
