/** What two peers tell each other while they connect, inside of envelopes: JSON. */
import * as v from 'valibot';

const text = (most: number) => v.pipe(v.string(), v.maxLength(most));
const connection = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
const small = (least: number, most: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
/** Which of the connections between the two. */
const index = small(0, 7);

const peerMessageSchema = v.variant('type', [
  /**
   * Session description (RFC 8829). An offer with an id of `connection` that is new asks for a new link, of `connections`
   * connections; with a known id it restarts ICE. An answer repeats the `number` of its offer.
   */
  v.object({
    type: v.literal('offer'),
    connection,
    index,
    number: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    connections: small(1, 8),
    sdp: text(16_384),
  }),
  v.object({
    type: v.literal('answer'),
    connection,
    index,
    number: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    sdp: text(16_384),
  }),
  /** A way to the sender (RFC 8838: candidates follow as they are found). An empty text: there are no more. */
  v.object({
    type: v.literal('candidate'),
    connection,
    index,
    candidate: text(1024),
    mid: v.nullable(text(64)),
    line: v.nullable(small(0, 1024)),
    fragment: v.nullable(text(256)),
  }),
  /** The way is gone: the side that answers asks the other to restart. */
  v.object({ type: v.literal('restart'), connection, index }),
  /** The link ends. */
  v.object({ type: v.literal('closed'), connection, reason: text(500) }),
]);

/** What two peers tell each other while they connect. */
export type PeerMessage = v.InferOutput<typeof peerMessageSchema>;

/** A message as the content of an envelope. */
export function encodePeerMessage(message: PeerMessage): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(message));
}

/** The message in an envelope, or null where it is none that this version knows. */
export function decodePeerMessage(content: Uint8Array): PeerMessage | null {
  try {
    const parsed = v.safeParse(peerMessageSchema, JSON.parse(new TextDecoder().decode(content)));
    return parsed.success ? parsed.output : null;
  } catch {
    return null; // No JSON: the caller counts it like any other message that is none.
  }
}
