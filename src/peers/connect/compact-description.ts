/**
 * Session descriptions of connections that carry nothing but data channels, as few bytes: what differs from one to the next
 * (RFC 8839 for ICE, RFC 8841 for the rest) without the words around it, deflated (RFC 1951). A code that people copy, or a
 * camera reads, has to be short.
 */
import { deflateSync, Inflate } from 'fflate';
import * as v from 'valibot';
import { decodeBase64url, encodeBase64url } from '../../base/base64url';
import { fingerprintOf } from './fingerprints';

const TYPES = { h: 'host', s: 'srflx', p: 'prflx', r: 'relay' } as const;

/** Most bytes of what a description unpacks to: a code is made by people's hands, not by ours alone. */
const MOST_BYTES = 16_384;

/** Text that can stand in a line of a description without ending it. */
const word = v.pipe(v.string(), v.regex(/^[\w+/.:%-]{1,256}$/));

const candidateSchema = v.tuple([
  word,
  v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  v.picklist(['h', 's', 'p', 'r']),
  v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff)),
]);

/** ice-ufrag, ice-pwd, SHA-256 of the certificate (base64url), setup, mid, candidates: [address, port, type, priority]. */
const compactSchema = v.tuple([
  word,
  word,
  v.pipe(v.string(), v.length(43)),
  v.picklist(['actpass', 'active', 'passive']),
  word,
  v.pipe(v.array(candidateSchema), v.maxLength(32)),
]);

type Compact = v.InferOutput<typeof compactSchema>;

/** Packs a description with its candidates; ways over TCP are left out. Null where a browser writes it in an unknown way. */
export function packDescription(sdp: string): Uint8Array<ArrayBuffer> | null {
  const value = (name: string): string => new RegExp(`^a=${name}:(\\S+)`, 'm').exec(sdp)?.[1] ?? '';
  const [hash, hex = ''] = fingerprintOf(sdp)?.split(' ') ?? [];
  const fingerprint = Uint8Array.from(hex.split(':'), (byte) => parseInt(byte, 16));
  const candidates = Array.from(
    sdp.matchAll(/^a=candidate:\S+ 1 udp (\d+) (\S+) (\d+) typ (\w+)/gim),
    ([, priority, address, port, type]) => [address, Number(port), type[0], Number(priority)],
  );
  const parsed = v.safeParse(compactSchema, [
    value('ice-ufrag'),
    value('ice-pwd'),
    hash === 'sha-256' ? encodeBase64url(fingerprint) : '',
    value('setup'),
    value('mid'),
    candidates,
  ]);
  if (!parsed.success) return null;
  return Uint8Array.from(deflateSync(new TextEncoder().encode(JSON.stringify(parsed.output)), { level: 9 }));
}

/** The description that was packed, or null where it is damaged. */
export function unpackDescription(bytes: Uint8Array): string | null {
  const json = inflate(bytes);
  if (json === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null; // Damaged: the caller says so.
  }
  const parsed = v.safeParse(compactSchema, value);
  if (!parsed.success) return null;
  return describe(parsed.output);
}

function describe([ufrag, password, hash, setup, mid, candidates]: Compact): string | null {
  const fingerprint = decodeBase64url(hash);
  if (!fingerprint) return null;
  const hex = Array.from(fingerprint, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':');
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mid}`,
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    ...candidates.map(([address, port, type, priority], i) => {
      // Where the way leads out is nobody's business; a place for it is asked for all the same.
      const related = type === 'h' ? '' : ' raddr 0.0.0.0 rport 0';
      return `a=candidate:${i + 1} 1 udp ${priority} ${address} ${port} typ ${TYPES[type]}${related}`;
    }),
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${password}`,
    `a=fingerprint:sha-256 ${hex}`,
    `a=setup:${setup}`,
    `a=mid:${mid}`,
    'a=sctp-port:5000',
    'a=max-message-size:262144',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** The text that was deflated; null where it is damaged, or longer than any description. */
function inflate(bytes: Uint8Array): string | null {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    const inflater = new Inflate((part) => {
      length += part.length;
      if (length > MOST_BYTES) throw new RangeError('too long');
      parts.push(part.slice());
    });
    // In pieces, so that one that unpacks to far more ends early.
    for (let at = 0; at < bytes.length; at += 64) {
      inflater.push(bytes.subarray(at, at + 64), at + 64 >= bytes.length);
    }
    const whole = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(whole);
  } catch {
    return null; // Damaged, or a bomb: the caller says that the code is no good.
  }
}
