/** A config inside a link: what differs from the defaults, as JSON in base64url. Usually some 300 characters. */
import { LatheError } from '../base/errors';
import { withoutDefaults } from '../config/minimal';

/** `document` as it stands in a link. */
export function encodeShared(document: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(withoutDefaults(document)));
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * The document in a link, not yet validated as a config; defaults are still left out.
 * @throws LatheError of kind `config` when the link is damaged.
 */
export function decodeShared(text: string): unknown {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const document: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return document;
  } catch (error) {
    throw new LatheError(
      'config',
      'The config in this link is damaged: part of the link may be missing. Ask for it again.',
      {},
      [],
      { cause: error },
    );
  }
}
