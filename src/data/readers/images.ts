/** Image files: subfolders are labels, a `train` and a `test` folder above them are splits; no folders, no labels. */
import { LatheError } from '../../base/errors';
import { sha256 } from '../../base/hash';
import type { DatasetRow, Notice } from '../../store/schema';
import type { ImportFile } from '../api';
import { contentHash, newDataset } from '../dataset';
import { datasetClasses } from '../images/classes';
import { decodeImage, inspectImage, type ImageFacts } from '../images/decode';
import { ImageWriter } from '../images/writer';
import { failureOf, hasMagic, type ReadContext, type Reader } from './reader';
import { folderLayout, type PlacedFile } from './image-folders';

const NAMED = /\.(png|jpe?g|webp|gif|bmp)$/i;
/** Images decoded at once. */
const TOGETHER = 8;
/** Files listed one by one as a dataset's source; more are summed up by folder, since rows must stay small. */
const LISTED = 20;

/** Reads folders of images. */
export const images: Reader = {
  name: 'images',
  files: 'images (PNG, JPEG, WebP, GIF, BMP)',

  recognises: (head, path) =>
    hasMagic(head, [0x89, 0x50, 0x4e, 0x47]) ||
    hasMagic(head, [0xff, 0xd8, 0xff]) ||
    hasMagic(head, [0x47, 0x49, 0x46, 0x38]) ||
    (hasMagic(head, [0x52, 0x49, 0x46, 0x46]) && hasMagic(head, [0x57, 0x45, 0x42, 0x50], 8)) ||
    // “BM”, then a size, then four zeros.
    (hasMagic(head, [0x42, 0x4d]) && hasMagic(head, [0, 0, 0, 0], 6)) ||
    NAMED.test(path),

  async read(files, context) {
    const decoded = await decodeAll(files, context);
    return decoded.length === 0 ? [] : [await store(decoded, files.length - decoded.length, context)];
  },
};

interface Decoded {
  file: ImportFile;
  facts: ImageFacts;
}

/** Decodes every image once, to refuse those that cannot be and to learn their sizes. */
async function decodeAll(files: ImportFile[], context: ReadContext): Promise<Decoded[]> {
  const decoded: Decoded[] = [];
  for (let at = 0; at < files.length; at += TOGETHER) {
    context.onProgress({ stage: 'Checking images', done: at, total: files.length });
    const batch = files.slice(at, at + TOGETHER);
    const results = await Promise.all(batch.map((file) => look(file)));
    results.forEach((result, i) => {
      if (result instanceof LatheError) context.refuse(batch[i].path, result);
      else decoded.push({ file: batch[i], facts: result });
    });
  }
  return decoded;
}

async function look({ path, file }: ImportFile): Promise<ImageFacts | LatheError> {
  try {
    const bitmap = await decodeImage(file, path);
    const facts = inspectImage(bitmap);
    bitmap.close();
    return facts;
  } catch (error) {
    return failureOf(path, error);
  }
}

async function store(decoded: Decoded[], corrupt: number, context: ReadContext): Promise<DatasetRow> {
  const layout = folderLayout(decoded.map(({ file }) => file.path));
  const classes = datasetClasses(layout.placed.flatMap(({ label }) => (label === null ? [] : [label])));
  const writer = new ImageWriter(context.blobs, null);
  const hashes: string[] = [];
  for (const place of interleave(layout.placed)) {
    const data = new Uint8Array(await decoded[place.index].file.file.arrayBuffer());
    const label = place.label === null ? -1 : classes.indexOf(place.label);
    hashes.push(`${await sha256(data)} ${label} ${place.test ? 1 : 0}`);
    writer.append(data, { name: place.name, label, test: place.test });
    if (writer.full) {
      await writer.flush();
      context.onProgress({ stage: 'Storing images', done: writer.examples, total: decoded.length });
    }
  }
  const chunks = await writer.finish();
  const image = commonShape(decoded.map(({ facts }) => facts));
  const unlabelled = layout.placed.filter(({ label }) => label === null).length;
  return newDataset({
    kind: 'images',
    name: layout.name,
    // Sorted: the order of files is that of their names, which are no content.
    content_hash: await contentHash({ kind: 'images', classes, images: hashes.sort() }),
    examples: writer.examples,
    test_examples: writer.testExamples,
    bytes: writer.bytes,
    source: { files: sources(decoded), sample: null },
    notices: notices({ decoded, corrupt, unlabelled, classes, image }),
    classes,
    class_counts: writer.classCounts(classes.length),
    image,
    chunks,
  });
}

/** The files that a dataset came from, or their folders where they are many. */
function sources(decoded: Decoded[]): { path: string; bytes: number }[] {
  const files = decoded.map(({ file }) => ({ path: file.path, bytes: file.file.size }));
  if (files.length <= LISTED) return files;
  const folders = new Map<string, number>();
  for (const { path, bytes } of files) {
    const folder = path.slice(0, path.indexOf('/') + 1) || './';
    folders.set(folder, (folders.get(folder) ?? 0) + bytes);
  }
  return [...folders].slice(0, LISTED).map(([path, bytes]) => ({ path, bytes }));
}

/** The classes by turns, so that the first images of a dataset show all of them. */
function interleave(placed: PlacedFile[]): PlacedFile[] {
  const groups = new Map<string | null, PlacedFile[]>();
  for (const place of placed) {
    const group = groups.get(place.label);
    if (group) group.push(place);
    else groups.set(place.label, [place]);
  }
  const lists = [...groups.values()];
  const out: PlacedFile[] = [];
  for (let i = 0; out.length < placed.length; i++) {
    for (const list of lists) if (i < list.length) out.push(list[i]);
  }
  return out;
}

type CommonShape = { height: number; width: number; channels: 1 | 3 | 4; uniform: boolean };

function commonShape(facts: ImageFacts[]): CommonShape {
  const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];
  const height = median(facts.map((fact) => fact.height));
  const width = median(facts.map((fact) => fact.width));
  return {
    height,
    width,
    channels: facts.some((fact) => fact.transparent) ? 4 : facts.some((fact) => fact.coloured) ? 3 : 1,
    uniform: facts.every((fact) => fact.height === height && fact.width === width),
  };
}

interface Findings {
  decoded: Decoded[];
  corrupt: number;
  unlabelled: number;
  classes: string[];
  image: CommonShape;
}

function notices({ decoded, corrupt, unlabelled, classes, image }: Findings): Notice[] {
  const out: Notice[] = [];
  if (corrupt > 0) {
    out.push({
      level: 'warning',
      message: `${corrupt} of ${decoded.length + corrupt} images could not be decoded and ${corrupt === 1 ? 'was' : 'were'} left out.`,
    });
  }
  if (!image.uniform) {
    const other = decoded.find(({ facts }) => facts.height !== image.height || facts.width !== image.width);
    const example = other ? ` (${other.file.path} is ${other.facts.width} × ${other.facts.height})` : '';
    out.push({
      level: 'info',
      message: `The images are of different sizes${example}; the median is ${image.width} × ${image.height}. They are scaled to one size for training; set it with data.image_size.`,
    });
  }
  if (classes.length === 0) {
    out.push({
      level: 'info',
      message:
        'The images lie in no subfolders, so they have no labels: they can be predicted, not trained on. Sort them into one folder a label.',
    });
  } else if (unlabelled > 0) {
    out.push({
      level: 'warning',
      message: `${unlabelled} of ${decoded.length} images lie beside the label folders and have no label. Move them into one.`,
    });
  }
  return out;
}
