/** A config inside a link: what differs from the defaults, as JSON in base64url. Usually some 300 characters. */
import { decodeBase64url, encodeBase64url } from '../base/base64url';
import { LatheError } from '../base/errors';
import { withoutDefaults } from '../config/minimal';

/** `document` as it stands in a link. */
export function encodeShared(document: unknown): string {
  return encodeBase64url(new TextEncoder().encode(JSON.stringify(withoutDefaults(document))));
}

/**
 * The document in a link, not yet validated as a config; defaults are still left out.
 * @throws LatheError of kind `config` when the link is damaged.
 */
export function decodeShared(text: string): unknown {
  try {
    const bytes = decodeBase64url(text);
    if (!bytes) throw new SyntaxError('no base64url');
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
