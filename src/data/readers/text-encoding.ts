/** Text files of unknown encoding, read piece by piece. */

/** Encodings that text comes in, by the label that `TextDecoder` takes. */
export type TextEncodingName = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/**
 * The encoding of a text file: by its byte order mark; else UTF-16 where every other byte of the beginning is zero; else
 * UTF-8 if all of it is valid UTF-8; else Windows-1252, which contains Latin-1.
 */
export async function detectEncoding(file: Blob): Promise<TextEncodingName> {
  const head = new Uint8Array(await file.slice(0, 4096).arrayBuffer());
  const byHead = encodingOfHead(head);
  if (byHead) return byHead;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const bytes of chunks(file)) decoder.decode(bytes, { stream: true });
    decoder.decode();
    return 'utf-8';
  } catch (error) {
    if (error instanceof TypeError) return 'windows-1252';
    throw error;
  }
}

/** What the first bytes tell: a byte order mark, or the zeros of UTF-16. Null: neither. */
export function encodingOfHead(head: Uint8Array): TextEncodingName | null {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8';
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const pairs = Math.floor(Math.min(head.length, 4096) / 2);
  let even = 0;
  let odd = 0;
  for (let i = 0; i < pairs; i++) {
    if (head[2 * i] === 0) even++;
    if (head[2 * i + 1] === 0) odd++;
  }
  if (pairs >= 4 && odd > pairs * 0.6 && even === 0) return 'utf-16le';
  if (pairs >= 4 && even > pairs * 0.6 && odd === 0) return 'utf-16be';
  return null;
}

/** Whether the beginning of a file holds control characters that no text in a byte encoding has. */
export function isBinary(head: Uint8Array): boolean {
  if ((encodingOfHead(head) ?? 'utf-8') !== 'utf-8') return false;
  return head.some((byte) => byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 12 && byte !== 26);
}

/** Characters of a piece, at least, but for the last. */
const PIECE = 1 << 20;

/** The text of a file in pieces, every line break as `\n`, the byte order mark removed. `onBytes` hears of bytes read. */
export async function* textPieces(
  file: Blob,
  encoding: TextEncodingName,
  onBytes: (bytes: number) => void = () => {},
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  let text = '';
  for await (const bytes of chunks(file)) {
    text += decoder.decode(bytes, { stream: true });
    onBytes(bytes.length);
    if (text.length < PIECE) continue;
    // A carriage return at the end may be half of a line break.
    const end = text.endsWith('\r') ? text.length - 1 : text.length;
    yield unixLines(text.slice(0, end));
    text = text.slice(end);
  }
  text += decoder.decode();
  if (text) yield unixLines(text);
}

const unixLines = (text: string): string => (text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text);

async function* chunks(file: Blob): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}
