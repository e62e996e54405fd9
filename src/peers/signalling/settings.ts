/** Settings of how peers find each other: plain data that a page stores, and its checks. By default nobody is asked. */
import * as v from 'valibot';
import { LatheError } from '../../base/errors';
import { SIGNAL_PATH } from '../../base/signal-protocol';

/** Most servers that a browser handles well: more only slow the search for a way down. */
const MOST_ICE_SERVERS = 8;

const iceUrl = v.pipe(
  v.string(),
  v.trim(),
  v.regex(
    /^(stuns?:[^\s?/@:]+(:\d{1,5})?|stuns?:\[[\da-fA-F:]+\](:\d{1,5})?|turns?:([^\s?/@:]+|\[[\da-fA-F:]+\])(:\d{1,5})?(\?transport=(udp|tcp))?)$/,
    'is no address of a STUN or TURN server; expected one like stun:stun.example.org:3478 or turn:turn.example.org:3478',
  ),
);

const iceServerSchema = v.pipe(
  v.strictObject({
    /** `stun:HOST:PORT`, `turn:HOST:PORT?transport=udp`, or with `stuns:` and `turns:` over TLS. */
    urls: v.pipe(v.array(iceUrl), v.minLength(1), v.maxLength(MOST_ICE_SERVERS)),
    /** For TURN servers, which need both. */
    username: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(512))), null),
    credential: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(512))), null),
  }),
  v.check(
    ({ urls, username, credential }) => (username && credential ? true : urls.every((url) => url.startsWith('stun'))),
    'is a TURN server, which needs a user name and a credential',
  ),
);

/** How peers find each other. */
export const peerSettingsSchema = v.strictObject({
  /** Address of the signalling server (`ws:` or `wss:`); null: the one that the page comes from. */
  signalling: v.optional(
    v.nullable(
      v.pipe(
        v.string(),
        v.check(isSignallingUrl, 'is no address of a signalling server; expected one like wss://example.org/signal'),
        v.transform(parseSignallingUrl),
      ),
    ),
    null,
  ),
  /** STUN and TURN servers that help through a NAT. None: peers on one local network find each other. */
  ice_servers: v.optional(v.pipe(v.array(iceServerSchema), v.maxLength(MOST_ICE_SERVERS)), []),
  /** Whether everything goes through the TURN servers, so that peers do not learn each other's addresses. */
  relay_only: v.optional(v.boolean(), false),
  /** Connections to each peer: on long ways one connection's congestion window is the limit, several carry more. */
  connections: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8)), 1),
  /** Name that others see; null: none. */
  name: v.optional(v.nullable(v.pipe(v.string(), v.trim(), v.maxLength(60))), null),
});

/** How peers find each other. */
export type PeerSettings = v.InferOutput<typeof peerSettingsSchema>;

/** Settings of somebody who set nothing. */
export const defaultPeerSettings = (): PeerSettings => v.parse(peerSettingsSchema, {});

/**
 * Checks settings that were stored or typed.
 * @throws LatheError of kind `config`: a sentence for the first key that is wrong, all of them in `details`
 */
export function parsePeerSettings(settings: unknown): PeerSettings {
  const parsed = v.safeParse(peerSettingsSchema, settings);
  if (parsed.success) {
    if (parsed.output.relay_only && !parsed.output.ice_servers.some(({ urls }) => urls.some(isTurn))) {
      throw new LatheError('config', 'relay_only needs a TURN server in ice_servers.', { key: 'relay_only' });
    }
    return parsed.output;
  }
  const problems = parsed.issues.map((issue) => {
    const key = v.getDotPath(issue) ?? '';
    return { key, text: `${key || 'The settings'}: ${issue.message}.` };
  });
  throw new LatheError(
    'config',
    problems[0].text,
    { key: problems[0].key },
    problems.map(({ text }) => text),
  );
}

/** What an `RTCPeerConnection` is made with. */
export function rtcConfiguration({ ice_servers, relay_only }: PeerSettings): RTCConfiguration {
  return {
    iceServers: ice_servers.map(({ urls, username, credential }) => ({
      urls,
      ...(username && credential ? { username, credential } : {}),
    })),
    iceTransportPolicy: relay_only ? 'relay' : 'all',
    // All lanes of a connection share one transport anyway; browsers differ in the default.
    bundlePolicy: 'max-bundle',
  };
}

/**
 * The address of a signalling server, from one that somebody wrote: `ws://192.168.1.5:4173/signal`, `ws:192.168.1.5:4173`
 * and `http://192.168.1.5:4173` mean the same.
 * @throws LatheError of kind `usage`
 */
export function parseSignallingUrl(text: string): string {
  const url = readSignallingUrl(text);
  if (url) return url;
  throw new LatheError(
    'usage',
    `${text.slice(0, 200)} is no address of a signalling server; expected one like wss://example.org/signal or ws:192.168.1.5:4173.`,
  );
}

/**
 * Why a page cannot speak to a signalling server at all, as a sentence; null where it can. Browsers let a page that came
 * over https open `wss:` addresses only, or those of its own machine.
 */
export function unreachableFrom(page: string, server: string): string | null {
  const { protocol, hostname } = new URL(server);
  if (new URL(page).protocol !== 'https:' || protocol === 'wss:') return null;
  if (isLoopbackHost(hostname)) return null;
  return `This page came over https, so the browser lets it speak to wss addresses only, not to ${server}. Start a Lathe of your own with npm start, and paste the link of the room there.`;
}

/** Whether a URL's host name stands for the machine itself. */
export const isLoopbackHost = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host);

const isTurn = (url: string): boolean => url.startsWith('turn');

function isSignallingUrl(text: string): boolean {
  return readSignallingUrl(text) !== null;
}

function readSignallingUrl(text: string): string | null {
  const [, scheme, rest] = /^(wss?|https?):(?:\/\/)?([^/].*)$/.exec(text.trim()) ?? [];
  if (scheme === undefined || !URL.canParse(`${scheme}://${rest}`)) return null;
  const url = new URL(`${scheme}://${rest}`);
  if (url.username || url.password || url.search || url.hash) return null;
  // The protocol of a special scheme can be changed in place: all four are such.
  url.protocol = scheme === 'https' || scheme === 'wss' ? 'wss:' : 'ws:';
  if (url.pathname === '/') url.pathname = SIGNAL_PATH;
  return url.href;
}
