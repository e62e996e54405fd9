/** Which fields of the generated form come first, and which help each field gives; the fields themselves come from the schema. */
import type { FormField } from '../../../config/form';
import { flattenFields } from '../../../config/form';
import type { DatasetRow } from '../../../store/schema';

/** Settings that most runs change, in the order in which they are shown first. The model stands before them. */
export const ESSENTIAL = ['training.epochs', 'training.batch_size', 'training.optimizer.learning_rate'] as const;

/** The section of the config that describes a search. */
export const SEARCH = 'optimization.hyperparameter_search';

/** The part of the form about where a run is sent. */
export const TRACKING = 'tracking';

/** The section of the config that describes a run of several browsers. */
export const DISTRIBUTED = 'training.distributed';

/** What settings count for only where another one has a value; elsewhere they are not shown. */
const DEPENDENT: readonly { path: string; on: string; value: unknown }[] = [
  { path: `${DISTRIBUTED}.powersgd_rank`, on: `${DISTRIBUTED}.compression`, value: 'powersgd' },
];

/** Whether a setting counts, with the values that the document has. */
export function counts(path: string, valueOf: (path: string, fallback: unknown) => unknown): boolean {
  if (
    path.startsWith(`${DISTRIBUTED}.`) &&
    path !== `${DISTRIBUTED}.enabled` &&
    valueOf(`${DISTRIBUTED}.enabled`, false) !== true
  )
    return false;
  return DEPENDENT.every((rule) => rule.path !== path || valueOf(rule.on, undefined) === rule.value);
}

/** Settings of a search that stand first; the objectives and the space, which have editors of their own, before them. */
const SEARCH_ESSENTIAL = ['n_trials', 'sampler', 'pruner'];

/** Settings of a search that its switch, its objectives and its space show. */
const SEARCH_EDITED = ['enabled', 'metric', 'direction', 'objectives', 'search_space'];

/** The fields of a search: those that stand first, and the rest. */
export function searchFields(fields: FormField[]): { essential: FormField[]; more: FormField[] } {
  const inside = fieldAt(fields, SEARCH)?.fields ?? [];
  return {
    essential: SEARCH_ESSENTIAL.flatMap((key) => inside.filter((field) => field.key === key)),
    more: inside.filter(({ key }) => !SEARCH_ESSENTIAL.includes(key) && !SEARCH_EDITED.includes(key)),
  };
}

/** Top-level fields that have sections of their own. */
const PLACED = ['data', 'model', 'training', 'profiling', 'logging', 'registry'];

/** A part of the form that can be folded. */
export interface FormSection {
  id: string;
  title: string;
  about: string;
  fields: FormField[];
}

/** Everything that is not essential, in sections. A setting that is added to the schema turns up in one of them. */
export function sectionsOf(fields: FormField[]): FormSection[] {
  const inside = (path: string): FormField[] => fields.find((field) => field.path === path)?.fields ?? [];
  const training = inside('training').filter(({ path }) => !ESSENTIAL.some((essential) => essential === path));
  const pick = (...paths: string[]): FormField[] => training.filter(({ path }) => paths.includes(path));
  const optimization = pick(
    'training.loss',
    'training.huber_delta',
    'training.optimizer',
    'training.schedule',
    'training.gradient_clip',
    'training.gradient_accumulation',
  );
  const regularization = pick('training.l2', 'training.class_weights', 'training.early_stopping');
  const together = pick(DISTRIBUTED);
  // What is said of MLflow stands together.
  const tracking = [...inside('registry'), ...inside('logging')].sort(
    (a, b) => Number(b.key === 'mlflow') - Number(a.key === 'mlflow'),
  );
  const placed = new Set([...optimization, ...regularization, ...together]);
  const sections: FormSection[] = [
    {
      id: 'data',
      title: 'Data',
      about: 'Target, splits, limits',
      fields: inside('data').filter(({ path }) => path !== 'data.dataset'),
    },
    { id: 'optimization', title: 'Optimization', about: 'Loss, optimizer, schedule, clipping', fields: optimization },
    {
      id: 'regularization',
      title: 'Regularization',
      about: 'Penalty, class weights, early stopping',
      fields: regularization,
    },
    { id: 'run', title: 'Run', about: 'Length, checkpoints', fields: training.filter((field) => !placed.has(field)) },
    {
      id: 'together',
      title: 'Training together',
      about: 'Peers, data, compression',
      fields: together.flatMap((field) => field.fields),
    },
    {
      id: 'rest',
      title: 'Reproducibility',
      about: 'Name, seed',
      fields: fields.filter(({ path }) => !PLACED.includes(path)),
    },
    {
      id: TRACKING,
      title: 'Tracking',
      about: 'MLflow, Weights & Biases, what is recorded',
      fields: tracking,
    },
    { id: 'profiling', title: 'Profiling', about: 'Time of every kernel', fields: inside('profiling') },
  ];
  return sections.filter((section) => section.fields.length > 0);
}

/** A field by its path, those inside variants included. */
export function fieldAt(fields: FormField[], path: string): FormField | undefined {
  return flattenFields(fields).find((field) => field.path === path);
}

/** What an empty field stands for, where its description ends with one word for that. */
export const wordForEmpty = ({ description }: FormField): string =>
  /null: (none|any)$/.exec(description)?.[1] ?? 'automatic';

/** Words that a text field may want, by path. */
export function suggestionsFor(path: string, dataset: DatasetRow | null): string[] {
  if (path === 'data.target' && dataset?.kind === 'table') return dataset.columns.map(({ name }) => name);
  if (path.endsWith('.monitor') || path.endsWith('.metric'))
    return ['val_loss', 'val_perplexity', 'val_accuracy', 'val_f1', 'val_mae', 'val_rmse', 'val_r2', 'train_loss'];
  if (path === 'training.batch_size' || path.endsWith('.n_jobs')) return ['auto'];
  return [];
}

/** Whether a field, or one inside it, is about `words`. */
export function matchesField(field: FormField, words: readonly string[]): boolean {
  return flattenFields([field]).some((inner) => {
    const text = `${inner.path} ${inner.label} ${inner.description} ${inner.choices.join(' ')}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
