/** What was recorded at a step, in the order in which it is shown. */
import type { MediaContent, MediaRow } from '../../../../store/media';

/** One thing to see or hear. */
export interface MediaItem {
  /** As stored: `weights/dense_1/kernel`. */
  name: string;
  /** Within its group: `dense_1/kernel`. */
  label: string;
  content: MediaContent;
}

/** What has the same first part of its name. */
export interface MediaGroup {
  key: string;
  title: string;
  items: MediaItem[];
}

const TITLES: Record<string, string> = {
  predictions: 'Predictions',
  confusion: 'Confusion matrix',
  embeddings: 'Embeddings',
  weights: 'Weights',
  gradients: 'Gradients',
};

const LABELS: Record<string, string> = {
  'predictions/examples': 'Examples',
  'predictions/table': 'Table',
  'predictions/text': 'Text',
  'confusion/val': 'Validation',
  'embeddings/last_hidden': 'Last hidden layer',
};

/** Groups that come first, and those that come last; what is not known stands between. */
const FIRST = ['predictions', 'confusion'];
const LAST = ['embeddings', 'weights', 'gradients'];

/** Groups of the rows of one step. */
export function groupMedia(rows: readonly MediaRow[]): MediaGroup[] {
  const groups = new Map<string, MediaItem[]>();
  for (const { name, content } of rows) {
    const [key, ...rest] = name.split('/');
    const items = groups.get(key) ?? [];
    items.push({ name, label: LABELS[name] ?? (rest.join('/') || key), content });
    groups.set(key, items);
  }
  const place = (key: string): number => {
    if (FIRST.includes(key)) return FIRST.indexOf(key);
    return LAST.includes(key) ? 1000 + LAST.indexOf(key) : 500;
  };
  return [...groups]
    .map(([key, items]) => ({ key, title: TITLES[key] ?? key, items }))
    .sort((a, b) => place(a.key) - place(b.key));
}
