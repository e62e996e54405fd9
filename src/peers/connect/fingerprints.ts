/** Fingerprints of the certificates that secure a connection (DTLS): what two peers prove that they see alike. */

/** What one side of a connection sees. Several connections of one link: their fingerprints in order, joined by commas. */
export interface Fingerprints {
  local: string;
  remote: string;
}

/**
 * The fingerprint in a session description (RFC 8122), as `sha-256 AB:CD:…`; null where it has none, or several that differ.
 */
export function fingerprintOf(sdp: string): string | null {
  const found = new Set(
    Array.from(
      sdp.matchAll(/^a=fingerprint:(\S+) ([0-9A-Fa-f:]+)\s*$/gm),
      ([, hash, value]) => `${hash.toLowerCase()} ${value.toUpperCase()}`,
    ),
  );
  const [fingerprint] = found;
  return found.size === 1 ? fingerprint : null;
}
