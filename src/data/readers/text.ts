/** Plain text, for language models: the files of a drop together make one dataset. */
import { LatheError } from '../../base/errors';
import type { DatasetRow, Notice } from '../../store/schema';
import type { ImportFile } from '../api';
import { contentHash, newDataset, stem } from '../dataset';
import { TextWriter } from '../text/writer';
import { looksLikeProse, looksLikeTable } from './csv-layout';
import { failureOf, type ReadContext, type Reader } from './reader';
import { detectEncoding, encodingOfHead, isBinary, textPieces, type TextEncodingName } from './text-encoding';

const NAMED = /\.(txt|text|md)(\.gz)?$/i;

/** Reads text files. */
export const text: Reader = {
  name: 'text',
  files: 'text files (.txt)',
  alone: true,

  recognises(head, path) {
    if (!NAMED.test(path) || isBinary(head)) return false;
    const sample = new TextDecoder(encodingOfHead(head) ?? 'utf-8').decode(head).replaceAll(/\r\n?/g, '\n');
    return !looksLikeTable(sample) || looksLikeProse(sample);
  },

  async read(files, context) {
    const writer = new TextWriter(context.blobs);
    const read: ImportFile[] = [];
    const notices: Notice[] = [];
    // The order of a drop is that of the file manager; by path, the same files make the same text.
    for (const file of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
      try {
        const encoding = await readInto(writer, file, context);
        read.push(file);
        if (encoding !== 'utf-8') notices.push({ level: 'info', message: `${file.path} was read as ${encoding}.` });
      } catch (error) {
        context.refuse(file.path, failureOf(file.path, error));
      }
    }
    if (read.length === 0) return [];
    return [await describe(writer, read, notices)];
  },
};

/**
 * Adds a file's text, on a line of its own.
 * @throws LatheError of kind `data` when it has none.
 */
async function readInto(
  writer: TextWriter,
  { path, file }: ImportFile,
  context: ReadContext,
): Promise<TextEncodingName> {
  const encoding = await detectEncoding(file);
  let done = 0;
  const pieces = textPieces(file, encoding, (bytes) => {
    done += bytes;
    context.onProgress({ stage: `Reading ${path}`, done, total: file.size });
  });
  const first = await pieces.next();
  if (first.done || first.value.trim() === '') {
    throw new LatheError('data', `${path} holds no text. Choose a file with some.`, { file: path });
  }
  if (!writer.endsLine) await writer.append('\n');
  await writer.append(first.value);
  for await (const piece of pieces) await writer.append(piece);
  return encoding;
}

async function describe(writer: TextWriter, files: ImportFile[], notices: Notice[]): Promise<DatasetRow> {
  const chunks = await writer.finish();
  const [first] = files;
  const folder = first.path.split('/').at(-2);
  const order =
    files.length > 1
      ? `${files.length} files were put together in the order of their names; what is held out stands at the end.`
      : null;
  return newDataset({
    kind: 'text',
    name: files.length === 1 ? stem(first.path) : (folder ?? 'text'),
    content_hash: await contentHash({ kind: 'text', chunks }),
    examples: writer.characters,
    test_examples: 0,
    bytes: writer.bytes,
    source: { files: files.map(({ path, file }) => ({ path, bytes: file.size })), sample: null },
    notices: order === null ? notices : [{ level: 'info', message: order }, ...notices],
    ...writer.summary(),
    chunks,
  });
}
