/** What the folders of image files mean: labels, and splits above the labels. */

/** Where one image belongs. */
export interface PlacedFile {
  /** Position among the paths given. */
  index: number;
  /** Its path below what all have in common. */
  name: string;
  label: string | null;
  test: boolean;
}

/** What the paths of a set of images say. */
export interface FolderLayout {
  /** Name for the whole. */
  name: string;
  /** In the order of their paths. */
  placed: PlacedFile[];
}

const TRAIN = /^(train|training)$/i;
const TEST = /^(test|testing)$/i;
const VALIDATION = /^(val|valid|validation)$/i;

/**
 * Reads labels off folders: the first folder below what all paths have in common. Where those folders are called train and
 * test (and validation, which counts as train), they are splits, and the folder below is the label. Images that all lie
 * in one folder have its name as their label if it lies in another; a single folder only names the dataset.
 */
export function folderLayout(paths: string[]): FolderLayout {
  const split = paths.map((path) => path.split('/').filter(Boolean));
  const folders = split.map((parts) => parts.slice(0, -1));
  const common = commonPrefix(folders);
  const flat = folders.every((parts) => parts.length === common);
  const depth = flat && common >= 2 ? common - 1 : common;
  const tops = new Set(folders.map((parts) => parts[depth] ?? ''));
  const isSplit = (name: string): boolean => TRAIN.test(name) || TEST.test(name) || VALIDATION.test(name);
  const splits = [...tops].every(isSplit) && [...tops].some((name) => TRAIN.test(name)) && tops.size > 1;
  const labelAt = splits ? depth + 1 : depth;
  const placed = split.map((parts, index) => ({
    index,
    name: parts.slice(depth).join('/'),
    label: folders[index][labelAt] ?? null,
    test: splits && TEST.test(folders[index][depth]),
  }));
  placed.sort((a, b) => compareNaturally(a.name, b.name));
  return { name: folders[0][depth - 1] ?? 'images', placed };
}

function commonPrefix(folders: string[][]): number {
  let length = Math.min(...folders.slice(0, 1).map((parts) => parts.length));
  for (const parts of folders) {
    let i = 0;
    while (i < length && parts[i] === folders[0][i]) i++;
    length = i;
  }
  return length;
}

/** `img_2` before `img_10`; the same on every machine. */
function compareNaturally(a: string, b: string): number {
  const [left, right] = [a.match(PARTS) ?? [], b.match(PARTS) ?? []];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] === right[i]) continue;
    const [x, y] = [Number(left[i]), Number(right[i])];
    if (!Number.isNaN(x) && !Number.isNaN(y) && x !== y) return x - y;
    return left[i] < right[i] ? -1 : 1;
  }
  return left.length - right.length;
}

const PARTS = /\d+|\D+/g;
