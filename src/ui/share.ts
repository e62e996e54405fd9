/** A config inside a link: JSON, deflated (RFC 1951), in base64url. A typical config takes about 500 characters. */
import { LatheError } from '../base/errors';

/** `document` as it stands in a link. */
export async function encodeShared(document: unknown): Promise<string> {
  const bytes = await pass(new TextEncoder().encode(JSON.stringify(document)), new CompressionStream('deflate-raw'));
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * The document in a link, not yet validated as a config.
 * @throws LatheError of kind `config` when the link is damaged.
 */
export async function decodeShared(text: string): Promise<unknown> {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const inflated = await pass(bytes, new DecompressionStream('deflate-raw'));
    const document: unknown = JSON.parse(new TextDecoder().decode(inflated));
    return document;
  } catch (error) {
    throw new LatheError(
      'config',
      'The config in this link is damaged: part of the link may be missing. Ask for it again.',
      {},
      [],
      {
        cause: error,
      },
    );
  }
}

async function pass(
  bytes: Uint8Array<ArrayBuffer>,
  through: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(through);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
