import { expect, it } from 'vitest';
import { signalledLink } from '../../../bin/room-link';

const TOKEN = `${'a'.repeat(22)}.${'b'.repeat(22)}`;

it('keeps the server that a link names', () => {
  const link = `#/join/${TOKEN}@ws:192.168.1.5:4173`;
  expect(signalledLink(`http://localhost:4173/${link}`, null)).toBe(link);
  expect(signalledLink(`${TOKEN}@wss://example.org/signal`, null)).toBe(`#/join/${TOKEN}@wss://example.org/signal`);
});

it('goes to the server of the page that a link belongs to', () => {
  expect(signalledLink(`http://localhost:4173/#/join/${TOKEN}`, null)).toBe(
    `#/join/${TOKEN}@ws://127.0.0.1:4173/signal`,
  );
  expect(signalledLink(`https://example.org/lathe/#/join/${TOKEN}`, null)).toBe(
    `#/join/${TOKEN}@wss://example.org/lathe/signal`,
  );
});

it('goes where it is told to', () => {
  const told = `#/join/${TOKEN}@ws://10.0.0.1:9000/signal`;
  for (const link of [TOKEN, `${TOKEN}@ws:192.168.1.5:4173`, `https://example.org/#/join/${TOKEN}`]) {
    expect(signalledLink(link, 'ws://10.0.0.1:9000/signal')).toBe(told);
  }
});

it('asks for a server where nobody names one', () => {
  expect(() => signalledLink(TOKEN, null)).toThrow('names no signalling server');
});
