/**
 * The run config as a tree of form fields, read off the schema itself: a setting that is added to the schema appears in
 * the form with its description, range and default, and nowhere else has to change.
 */
import { runConfigSchema } from './schema';

/** What a field holds. */
export type FieldKind =
  | 'group' // a section: `fields`
  | 'variant' // a section whose `discriminator` key chooses one of `variants`
  | 'number'
  | 'integer'
  | 'boolean'
  | 'choice' // one of `choices`
  | 'text'
  | 'number_list' // e.g. hidden sizes; the range is that of one number
  | 'text_list' // sentences, one a line
  | 'sections' // a list of small sections, e.g. objectives
  | 'layers' // a list of such sections, edited as YAML: `variants` are the kinds of layers
  | 'list' // a list of anything else
  | 'map'; // free keys, edited as YAML: `variants` are the kinds of what they hold

/** One field of the form. */
export interface FormField {
  /** Dotted path in the config. */
  path: string;
  key: string;
  label: string;
  description: string;
  kind: FieldKind;
  /** Whether null (off, or automatic) is allowed. */
  nullable: boolean;
  default: unknown;
  min: number | null;
  max: number | null;
  /** The smallest allowed value is above `min`, not at it. */
  exclusive_min: boolean;
  /** Words that it takes; for a whole number, beside the numbers. */
  choices: string[];
  fields: FormField[];
  discriminator: string | null;
  variants: { value: string; description: string; fields: FormField[] }[];
}

/** What the config has room for but this version cannot do yet: it is not shown. */
const UNAVAILABLE = ['version', 'data.features', 'data.augment'];

/**
 * What the form of a run leaves out: a search has an editor of its own, and its folds are set by it; there is one transport
 * so far, and a room is made when the run starts.
 */
const NOT_IN_FORM = ['optimization', 'data.split.fold', 'training.distributed.backend', 'training.distributed.room'];

const cached = new Map<boolean, FormField[]>();

/** The top-level fields of the form of a run. */
export const describeConfig = (): FormField[] => describeWithout(false);

/** The top-level fields of everything that this version can do. */
export const describeAll = (): FormField[] => describeWithout(true);

function describeWithout(all: boolean): FormField[] {
  const known = cached.get(all);
  if (known) return known;
  const fields = visible(entriesOf(runConfigSchema, ''), new Set(all ? UNAVAILABLE : [...UNAVAILABLE, ...NOT_IN_FORM]));
  cached.set(all, fields);
  return fields;
}

const visible = (fields: FormField[], hidden: ReadonlySet<string>): FormField[] =>
  fields.filter(({ path }) => !hidden.has(path)).map((field) => ({ ...field, fields: visible(field.fields, hidden) }));

/** The fields of a tree in a flat list, those of all variants included. */
export function flattenFields(fields: FormField[]): FormField[] {
  return fields.flatMap((field) => [
    field,
    ...flattenFields(field.fields),
    ...field.variants.flatMap((variant) => flattenFields(variant.fields)),
  ]);
}

// Valibot's schemas are plain objects. They are read here as what they are, records of unknown values, each looked at
// before it is used, so that no type of the library has to be forced.
type Node = Record<string, unknown>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const nodes = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

/** The actions of a pipe: ranges, descriptions. */
const actions = (schema: Node): Node[] => nodes(schema.pipe);
const actionOf = (schema: Node, type: string): Node | undefined =>
  actions(schema).find((action) => action.type === type);

function descriptionOf(schema: Node): string {
  const description = actionOf(schema, 'description')?.description;
  if (typeof description === 'string') return description;
  return isNode(schema.wrapped) ? descriptionOf(schema.wrapped) : '';
}

function entriesOf(schema: unknown, prefix: string, skip?: string): FormField[] {
  if (!isNode(schema) || !isNode(schema.entries)) return [];
  return Object.entries(schema.entries)
    .filter(([key]) => key !== skip)
    .map(([key, entry]) => fieldOf(entry, prefix ? `${prefix}.${key}` : key, key));
}

function fieldOf(schema: unknown, path: string, key: string): FormField {
  const field: FormField = {
    path,
    key,
    label: LABELS[path] ?? labelOf(key),
    description: isNode(schema) ? descriptionOf(schema) : '',
    kind: 'text',
    nullable: false,
    default: undefined,
    min: null,
    max: null,
    exclusive_min: false,
    choices: [],
    fields: [],
    discriminator: null,
    variants: [],
  };
  let inner: unknown = schema;
  while (isNode(inner) && (inner.type === 'optional' || inner.type === 'nullable')) {
    if (inner.type === 'optional') field.default = inner.default;
    else field.nullable = true;
    inner = inner.wrapped;
  }
  if (isNode(inner)) describe(field, inner);
  return field;
}

function describe(field: FormField, schema: Node): void {
  switch (schema.type) {
    case 'number': {
      field.kind = actionOf(schema, 'integer') ? 'integer' : 'number';
      field.min = finite(actionOf(schema, 'min_value')?.requirement);
      const above = finite(actionOf(schema, 'gt_value')?.requirement);
      if (above !== null) {
        field.min = above;
        field.exclusive_min = true;
      }
      field.max = finite(actionOf(schema, 'max_value')?.requirement);
      return;
    }
    case 'boolean':
      field.kind = 'boolean';
      return;
    case 'picklist':
      field.kind = 'choice';
      field.choices = Array.isArray(schema.options) ? schema.options.map(String) : [];
      return;
    case 'strict_object':
      field.kind = 'group';
      field.fields = entriesOf(schema, field.path);
      return;
    case 'variant': {
      const discriminator = typeof schema.key === 'string' ? schema.key : 'name';
      field.kind = 'variant';
      field.discriminator = discriminator;
      field.variants = nodes(schema.options).map((option) => ({
        value: literalOf(option, discriminator),
        description: descriptionOf(option),
        fields: entriesOf(option, field.path, discriminator),
      }));
      return;
    }
    case 'array':
      describeList(field, isNode(schema.item) ? schema.item : {});
      return;
    case 'lazy': {
      // A list that may be written as a section.
      const list = nodes(schema.options).find((option) => option.type === 'array');
      if (list) describe(field, list);
      return;
    }
    case 'union': {
      // A whole number, or a word that leaves it to Lathe.
      const number = nodes(schema.options).find((option) => option.type === 'number');
      if (number) {
        describe(field, number);
        field.choices = nodes(schema.options).flatMap(({ literal }) => (typeof literal === 'string' ? [literal] : []));
        return;
      }
      // A word or a map of numbers, or a column or a list of them.
      field.kind = field.key === 'class_weights' ? 'map' : 'text';
      return;
    }
    case 'record':
      if (isNode(schema.value) && schema.value.type === 'variant') {
        const inner = fieldOf(schema.value, `${field.path}.KEY`, 'KEY');
        field.discriminator = inner.discriminator;
        field.variants = inner.variants;
      }
      field.kind = 'map';
      return;
    default:
      field.kind = 'text';
  }
}

function describeList(field: FormField, item: Node): void {
  switch (item.type) {
    case 'variant':
      describe(field, item);
      field.kind = 'layers';
      return;
    case 'strict_object':
      field.kind = 'sections';
      return;
    case 'string':
      field.kind = 'text_list';
      return;
    case 'number':
      describe(field, item);
      field.kind = 'number_list';
      return;
    default:
      field.kind = 'list';
  }
}

function literalOf(option: Node, key: string): string {
  const entry = isNode(option.entries) ? option.entries[key] : undefined;
  return isNode(entry) ? String(entry.literal) : '';
}

const finite = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : null;

/** Keys, or whole paths, that say too little on their own, and names that are written in their own way. */
const LABELS: Record<string, string> = {
  'registry.mlflow': 'MLflow server and model',
  mlflow: 'MLflow',
  wandb: 'Weights & Biases',
  tensorboard: 'TensorBoard',
  n_jobs: 'Trials at once',
  timeout_minutes: 'Time limit in minutes',
  value: 'Value that counts',
};

/** `learning_rate` → `Learning rate`, `n_trials` → `Trials`; abbreviations keep their case. */
function labelOf(key: string): string {
  if (key in LABELS) return LABELS[key];
  const words = key
    .replace(/^n_/, '')
    .replaceAll('_', ' ')
    .replace(/\bl2\b/, 'L2')
    .replace(/\bei\b/, 'EI')
    .replace(/\b(cpu|gpu|mb|uri|url)\b/g, (word) => word.toUpperCase())
    .replace(/\bjs\b/, 'JavaScript');
  return words[0].toUpperCase() + words.slice(1);
}
