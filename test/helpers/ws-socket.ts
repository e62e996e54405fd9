/** Sockets of the `ws` package with the face of a browser's. */
import { WebSocket } from 'ws';
import type { SignalSocket } from '../../src/peers/signalling/signal-client';

/** Opens a socket as a browser would. */
export function openWsSocket(url: string): SignalSocket {
  const ws = new WebSocket(url);
  const socket: SignalSocket = {
    onopen: null,
    onmessage: null,
    onclose: null,
    send: (text) => ws.send(text),
    close: () => ws.close(),
  };
  ws.on('open', () => socket.onopen?.(new Event('open')));
  ws.on('message', (data) => {
    socket.onmessage?.(new MessageEvent('message', { data: Buffer.isBuffer(data) ? data.toString('utf8') : data }));
  });
  // Node 20 has no CloseEvent; nobody looks at it.
  ws.on('close', () => socket.onclose?.(Object.assign(new Event('close'), { code: 0, reason: '', wasClean: false })));
  ws.on('error', () => undefined); // `close` follows.
  return socket;
}
