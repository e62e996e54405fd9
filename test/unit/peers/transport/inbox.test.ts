import { expect, it, vi } from 'vitest';
import { Inbox } from '../../../../src/peers/transport/inbox';

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

it('keeps the order of what was kept and what arrives while it is handed over', async () => {
  const inbox = new Inbox(() => {});
  const got: number[] = [];
  inbox.deliver(Uint8Array.of(1));
  inbox.deliver(Uint8Array.of(2));
  inbox.handler = ([byte]) => void got.push(byte);
  inbox.deliver(Uint8Array.of(3));
  expect(got).toEqual([]);
  await tick();
  inbox.deliver(Uint8Array.of(4));
  expect(got).toEqual([1, 2, 3, 4]);
});

it('keeps the rest when a handler takes one and steps back', async () => {
  const inbox = new Inbox(() => {});
  const got: number[] = [];
  for (const byte of [1, 2, 3]) inbox.deliver(Uint8Array.of(byte));
  inbox.handler = ([byte]) => {
    got.push(byte);
    inbox.handler = null;
  };
  await tick();
  expect(got).toEqual([1]);
  inbox.handler = ([byte]) => void got.push(byte);
  await tick();
  expect(got).toEqual([1, 2, 3]);
});

it.each([1_000_000, 0])('does not keep without end: messages of %i bytes', (bytes) => {
  const overflow = vi.fn();
  const inbox = new Inbox(overflow);
  const message = new Uint8Array(bytes);
  for (let i = 0; i < 300_000 && overflow.mock.calls.length === 0; i++) inbox.deliver(message);
  expect(overflow).toHaveBeenCalled();
});
