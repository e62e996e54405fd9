/**
 * IDX files, the format of MNIST and its relatives (yann.lecun.com/exdb/mnist): two zero bytes, the type (8: unsigned
 * byte), the number of dimensions, each dimension as a big-endian uint32, then the values. Images have three dimensions
 * (count, height, width) or four (and channels); labels have one.
 */
import { LatheError } from '../../base/errors';
import type { DatasetRow, ImageChunk, Notice } from '../../store/schema';
import type { ImportFile } from '../api';
import { contentHash, newDataset } from '../dataset';
import { datasetClasses } from '../images/classes';
import { ImageWriter } from '../images/writer';
import { failureOf, hasMagic, type ReadContext, type Reader } from './reader';

const UBYTE = 8;
const TYPES: Record<number, string> = { 9: 'signed byte', 11: 'short', 12: 'int', 13: 'float', 14: 'double' };
const NAMED = /(idx\d?|[-.]ubyte)(\.gz)?$/i;

/** Reads IDX images and labels. */
export const idx: Reader = {
  name: 'idx',
  files: 'IDX images and labels',

  recognises(head, path) {
    if (hasMagic(head, [0, 0]) && UBYTE <= head[2] && head[2] <= 14 && head[3] >= 1 && head[3] <= 4) return true;
    // A file that is called IDX and is not one gets an error of its own.
    return NAMED.test(path);
  },

  async read(files, context) {
    const parsed: IdxFile[] = [];
    for (const file of files) {
      try {
        parsed.push(await readIdx(file));
      } catch (error) {
        context.refuse(file.path, failureOf(file.path, error));
      }
    }
    const datasets: DatasetRow[] = [];
    for (const group of groupPairs(parsed, context)) {
      try {
        datasets.push(await readGroup(group, context));
      } catch (error) {
        const failure = failureOf(group.pairs[0].images.path, error);
        for (const { images, labels } of group.pairs) {
          for (const file of labels ? [images, labels] : [images]) context.refuse(file.path, failure);
        }
      }
    }
    return datasets;
  },
};

interface IdxFile {
  path: string;
  /** Bytes of the file. */
  bytes: number;
  shape: number[];
  values: Uint8Array<ArrayBuffer>;
}

interface Pair {
  images: IdxFile;
  labels: IdxFile | null;
  test: boolean;
}

interface Group {
  name: string;
  pairs: Pair[];
}

/** @throws LatheError of kind `data`: wrong magic number, truncated or overlong body. */
async function readIdx({ path, file }: ImportFile): Promise<IdxFile> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const refuse = (sentence: string): never => {
    throw new LatheError('data', `${path} ${sentence}`, { file: path });
  };
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[3] < 1 || bytes[3] > 4) {
    const magic = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join('');
    refuse(
      `begins with 0x${magic}, which is no IDX magic number (0x00000803 for images, 0x00000801 for labels). Check that it is an IDX file.`,
    );
  }
  if (bytes[2] !== UBYTE) {
    refuse(
      `holds values of type ${TYPES[bytes[2]] ?? `0x${bytes[2].toString(16)}`}; only unsigned bytes (0x08) can be read. Convert it.`,
    );
  }
  const dimensions = bytes[3];
  const start = 4 + 4 * dimensions;
  if (bytes.length < start) refuse('ends within its header. Download it again.');
  const view = new DataView(bytes.buffer);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = shape.reduce((product, size) => product * size, 1);
  const found = bytes.length - start;
  if (found !== expected) {
    const fate = found < expected ? 'It is truncated: download it again.' : 'Its header does not fit its body.';
    refuse(
      `says that it holds ${shape.join(' × ')} = ${expected.toLocaleString('en')} bytes and holds ${found.toLocaleString('en')}. ${fate}`,
    );
  }
  if (expected === 0) refuse('holds nothing: a dimension is 0.');
  return { path, bytes: file.size, shape, values: bytes.subarray(start) };
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const isTest = (path: string): boolean => /(^|[-_.])(t10k|test)([-_.]|$)/i.test(nameOf(path));
/** What the names of a pair have in common: `train-images-idx3-ubyte` and `train-labels-idx1-ubyte` → `train`. */
const pairKey = (path: string): string =>
  folderOf(path) +
  nameOf(path)
    .replace(/images?|labels?/i, '')
    .replace(/idx\d/i, '')
    .replaceAll(/\.gz$|[-_.]|ubyte/gi, '')
    .toLowerCase();

/** Pairs images with labels by name, and a test pair with the training pair beside it. */
function groupPairs(files: IdxFile[], context: ReadContext): Group[] {
  const images = files.filter(({ shape }) => shape.length >= 3);
  const labels = files.filter(({ shape }) => shape.length === 1);
  for (const { path, shape } of files.filter(({ shape }) => shape.length === 2)) {
    context.refuse(
      path,
      new LatheError('data', `${path} has ${shape.length} dimensions; images have 3 or 4, labels 1.`, { file: path }),
    );
  }
  const groups = new Map<string, Group>();
  const unpaired = new Set(labels);
  for (const image of images) {
    const folder = folderOf(image.path);
    const beside = [...unpaired].filter(({ path }) => folderOf(path) === folder);
    const alone = beside.length === 1 && images.filter(({ path }) => folderOf(path) === folder).length === 1;
    const label = beside.find(({ path }) => pairKey(path) === pairKey(image.path)) ?? (alone ? beside[0] : null);
    if (label) unpaired.delete(label);
    const series = folder + pairKey(nameOf(image.path)).replaceAll(/t10k|test|train(ing)?/g, '');
    const group = groups.get(series) ?? { name: groupName(image.path), pairs: [] };
    group.pairs.push({ images: image, labels: label, test: isTest(image.path) });
    groups.set(series, group);
  }
  for (const { path } of unpaired) {
    context.refuse(
      path,
      new LatheError(
        'data',
        `${path} holds labels, and no images of a matching name came with it. Drop both files of the pair.`,
        { file: path },
      ),
    );
  }
  return [...groups.values()].flatMap(separate);
}

/** Only one training pair with labels can have a test split beside it; anything else is a dataset of its own. */
function separate(group: Group): Group[] {
  const training = group.pairs.filter(({ test }) => !test);
  const testing = group.pairs.filter(({ test }) => test);
  const together = training.length === 1 && testing.length === 1 && training[0].labels && testing[0].labels;
  if (together) return [{ ...group, pairs: [training[0], testing[0]] }];
  return group.pairs.map((pair) => ({ name: group.name, pairs: [{ ...pair, test: false }] }));
}

function groupName(path: string): string {
  const folder = folderOf(path).slice(0, -1);
  if (folder) return nameOf(folder);
  const name = nameOf(path)
    .replace(/\.gz$|images?|idx\d|ubyte/gi, '')
    .replaceAll(/[-_.]+/g, ' ')
    .replace(/\b(train(ing)?|t10k|test)\b/i, '')
    .trim();
  return name || 'images';
}

async function readGroup(group: Group, context: ReadContext): Promise<DatasetRow> {
  const [first, second] = group.pairs;
  const [, height, width] = first.images.shape;
  const channels = first.images.shape[3] ?? 1;
  if (channels !== 1 && channels !== 3 && channels !== 4) {
    throw new LatheError('data', `${first.images.path} has images of ${channels} channels; 1, 3 or 4 can be read.`, {
      file: first.images.path,
    });
  }
  for (const { images, labels } of group.pairs) {
    if (labels && labels.shape[0] !== images.shape[0]) {
      throw new LatheError(
        'data',
        `${images.path} holds ${images.shape[0].toLocaleString('en')} images and ${labels.path} ${labels.shape[0].toLocaleString('en')} labels. Use the two files of one pair.`,
        { file: labels.path },
      );
    }
  }
  if (second && second.images.shape.slice(1).join() !== first.images.shape.slice(1).join()) {
    throw new LatheError(
      'data',
      `${first.images.path} holds images of ${first.images.shape.slice(1).join(' × ')} and ${second.images.path} of ${second.images.shape.slice(1).join(' × ')}. Drop them one after the other.`,
      { file: second.images.path },
    );
  }
  const labelled = first.labels !== null;
  const found = new Set<string>();
  for (const { labels } of group.pairs) labels?.values.forEach((label) => found.add(String(label)));
  const classes = datasetClasses(found);
  const position = new Map(classes.map((name, i) => [Number(name), i]));

  const writer = new ImageWriter(context.blobs, { height, width, channels });
  const size = height * width * channels;
  const total = group.pairs.reduce((sum, { images }) => sum + images.shape[0], 0);
  for (const { images, labels, test } of group.pairs) {
    const prefix = group.pairs.length > 1 ? (test ? 'test ' : 'train ') : '';
    for (let i = 0; i < images.shape[0]; i++) {
      const label = labels ? (position.get(labels.values[i]) ?? -1) : -1;
      writer.append(images.values.subarray(i * size, (i + 1) * size), { name: `${prefix}${i + 1}`, label, test });
      if (writer.full) {
        await writer.flush();
        context.onProgress({ stage: `Storing ${group.name}`, done: writer.examples, total });
      }
    }
  }
  const chunks: ImageChunk[] = await writer.finish();
  const files = group.pairs.flatMap(({ images, labels }) => (labels ? [images, labels] : [images]));
  const notices: Notice[] = labelled
    ? []
    : [
        {
          level: 'info',
          message: `${first.images.path} came without labels: it can be predicted, not trained on. Drop its label file with it.`,
        },
      ];
  return newDataset({
    kind: 'images',
    name: group.name,
    content_hash: await contentHash({
      kind: 'images',
      classes,
      image: { height, width, channels },
      ...writer.fingerprint(),
    }),
    examples: writer.examples,
    test_examples: writer.testExamples,
    bytes: writer.bytes,
    source: { files: files.map(({ path, bytes }) => ({ path, bytes })), sample: null },
    notices,
    classes,
    class_counts: writer.classCounts(classes.length),
    image: { height, width, channels, uniform: true },
    chunks,
  });
}
