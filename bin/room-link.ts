/** Links to rooms as the command line is given them. */
import { SIGNAL_PATH } from '../src/base/signal-protocol';
import { LatheError } from '../src/base/errors';

/**
 * A link that names its signalling server. One without goes to the server of the page that it names: this command's own
 * page has another, which knows nobody.
 * @param signal server to use in place of the link's
 * @throws LatheError of kind `usage` where neither says
 */
export function signalledLink(link: string, signal: string | null): string {
  const [, base = '', token] = /^(?:(.*?)#\/join\/)?(.*)$/s.exec(link.trim()) ?? [];
  const [bare, server] = token.split(/@(.*)/s);
  if (signal !== null) return `#/join/${bare}@${signal}`;
  if (server !== undefined) return `#/join/${token}`;
  if (URL.canParse(base)) {
    const { protocol, host, pathname } = new URL(base);
    const scheme = protocol === 'https:' ? 'wss' : 'ws';
    // At localhost itself is the page that this command drives.
    const there = host.replace(/^localhost(?=:|$)/, '127.0.0.1');
    return `#/join/${bare}@${scheme}://${there}${pathname.slice(0, pathname.lastIndexOf('/'))}${SIGNAL_PATH}`;
  }
  throw new LatheError(
    'usage',
    'ROOM_URL names no signalling server. Give the whole link of the room, or the server with --signal.',
  );
}
