/** Which settings of the config a search may vary, read off the fields of the form. */
import type { FormField } from '../../../../config/form';
import { describeConfig } from '../../../../config/form';
import type { ParameterValue } from '../../../../config/search/space';
import { getPath } from '../../../../config/path';
import type { DatasetRow } from '../../../../store/schema';
import { suits } from '../../../datasets';

/** Kinds of settings that have a range. */
type SearchableKind = 'number' | 'integer' | 'boolean' | 'choice' | 'number_list';

/** A section of several variants around a setting, and the variants in which the setting exists. */
export interface Requirement {
  /** The key that chooses the variant: `training.optimizer.name`. */
  key: string;
  variants: string[];
}

/** One setting that can be searched. */
export interface Searchable {
  /** Its key in the config. */
  key: string;
  label: string;
  description: string;
  /** The part of the form it stands in: `Model`, `Training`. */
  section: string;
  kind: SearchableKind;
  choices: string[];
  /** Smallest and largest value that the config takes; null: no bound. */
  min: number | null;
  max: number | null;
  default: unknown;
  requires: Requirement[];
}

/**
 * Settings that a search leaves alone: they name things, measure, or change what trials are compared by. As YAML they
 * can be searched all the same.
 */
const FIXED = [
  'name',
  'data.dataset',
  'data.task',
  'data.split',
  'data.limit',
  'training.checkpoints',
  'training.distributed',
  'training.activation_checkpointing',
  'training.tune_kernels',
  'optimization',
  'reproducibility',
  'profiling',
];

/** Sections whose settings need no word about where they stand. */
const PLAIN_SECTIONS = ['model', 'data', 'training', 'training.optimizer'];

const KINDS: readonly string[] = ['number', 'integer', 'boolean', 'choice', 'number_list'] satisfies SearchableKind[];

const hasRange = (kind: string): kind is SearchableKind => KINDS.includes(kind);

/** Whether `path` is `prefix` or a key inside it. */
const isIn = (path: string, prefix: string): boolean => path === prefix || path.startsWith(`${prefix}.`);

/** Whether a search may vary the field itself: it has a range, or it is a section that chooses one of its variants. */
export const isSearchable = (field: FormField): boolean =>
  (hasRange(field.kind) || field.kind === 'variant') && !FIXED.some((prefix) => isIn(field.path, prefix));

/** The key that a search of `field` varies: for a section of several variants the one that chooses. */
export const keyOf = (field: FormField): string =>
  field.kind === 'variant' ? `${field.path}.${field.discriminator ?? 'name'}` : field.path;

let cached: Searchable[] | null = null;

/** Every setting that can be searched, in the order of the form. One path may come several times, once a variant. */
export function searchables(): Searchable[] {
  cached ??= describeConfig().flatMap((field) => walk([field], field.label, []));
  return cached;
}

function walk(fields: FormField[], section: string, requires: Requirement[], prefix = ''): Searchable[] {
  return fields.flatMap((field) => {
    if (FIXED.some((fixed) => isIn(field.path, fixed))) return [];
    const own = isSearchable(field) ? [describe(field, section, requires, prefix)] : [];
    const inside = PLAIN_SECTIONS.includes(field.path) ? '' : `${field.label}: `;
    if (field.kind === 'group') return walk(field.fields, section, requires, inside);
    if (field.kind !== 'variant') return own;
    return [
      ...own,
      ...field.variants.flatMap((variant) =>
        walk(variant.fields, section, [...requires, { key: keyOf(field), variants: [variant.value] }], inside),
      ),
    ];
  });
}

function describe(field: FormField, section: string, requires: Requirement[], prefix: string): Searchable {
  const { description, min, max } = field;
  const own = prefix ? `${prefix}${field.label[0].toLowerCase()}${field.label.slice(1)}` : field.label;
  const common = { description, section, requires, min, max };
  if (field.kind === 'variant') {
    const discriminator = field.discriminator ?? 'name';
    return {
      ...common,
      key: keyOf(field),
      label: discriminator === 'name' ? own : `${discriminator[0].toUpperCase()}${discriminator.slice(1)}`,
      description: description || `Which ${field.label.toLowerCase()}`,
      kind: 'choice',
      choices: field.variants.map(({ value }) => value),
      default: getPath(field.default, discriminator),
    };
  }
  return {
    ...common,
    key: field.path,
    label: own,
    kind: hasRange(field.kind) ? field.kind : 'choice',
    choices: field.kind === 'choice' ? field.choices : [],
    default: field.default,
  };
}

/** Reads the value of a key in the config that is edited, or the usual one. */
export type ReadValue = (key: string, fallback: unknown) => unknown;

/** Values that a search may give a key, where it is searched by choices; undefined where it is not. */
export type ReadChoices = (key: string) => readonly ParameterValue[] | undefined;

/** The variants that trials can have: those searched, or the one that the config names. */
function possible(requirement: Requirement, value: ReadValue, choices: ReadChoices): readonly unknown[] {
  return choices(requirement.key) ?? [value(requirement.key, usualOf(requirement.key))];
}

const usualOf = (key: string): unknown => searchables().find((setting) => setting.key === key)?.default;

/**
 * The settings that trials of this config can have, each once: settings of other optimizers and architectures only where
 * those are searched. `requires` then names all variants that have the setting.
 */
export function available(value: ReadValue, choices: ReadChoices): Searchable[] {
  const found = new Map<string, Searchable>();
  for (const setting of searchables()) {
    const fits = setting.requires.every((requirement) =>
      possible(requirement, value, choices).some((name) => requirement.variants.some((variant) => variant === name)),
    );
    if (!fits) continue;
    const same = found.get(setting.key);
    if (!same) found.set(setting.key, setting);
    else if (same.kind === setting.kind) found.set(setting.key, { ...same, requires: merge(same, setting) });
  }
  return [...found.values()];
}

const merge = (a: Searchable, b: Searchable): Requirement[] =>
  a.requires.map(({ key, variants }) => ({
    key,
    variants: [
      ...variants,
      ...(b.requires.find((other) => other.key === key)?.variants.filter((name) => !variants.includes(name)) ?? []),
    ],
  }));

/** Widths of layers may be searched as one width and their number. */
const PARTS: Partial<Record<string, string>> = {
  width: 'One width for all layers, in place of the list',
  depth: 'Number of layers, in place of the list',
};

/** Parts of a list of numbers that can be searched by themselves; of widths of layers the width and the number too. */
export function partsOf({ key, kind }: Searchable, numbers: unknown): string[] {
  if (kind !== 'number_list' || !Array.isArray(numbers)) return [];
  const stack = ['model.hidden', 'model.filters'].includes(key) ? Object.keys(PARTS) : [];
  return [...stack, ...numbers.keys()].map((part) => `${key}.${part}`);
}

/** The value of a key in the config; of a list's width and depth its first number and its length. */
export function presentValue(key: string, read: (path: string) => unknown): unknown {
  const [, path, part] = /^(.+)\.(\d+|width|depth)$/.exec(key) ?? [];
  const list = path === undefined ? undefined : read(path);
  if (!Array.isArray(list)) return read(key);
  return part === 'depth' ? list.length : (list[part === 'width' ? 0 : Number(part)] as unknown);
}

/** The setting as far as it makes sense for the data: images have a size, and text wants an architecture of its own. */
export function fitTo(setting: Searchable, dataset: DatasetRow | null): Searchable | null {
  if (setting.key === 'data.image_size' && dataset !== null && dataset.kind !== 'images') return null;
  if (setting.key !== 'model.architecture') return setting;
  return { ...setting, choices: setting.choices.filter((name) => suits(name, dataset)) };
}

/** What is known of a key, whatever variant it belongs to; a position of a list (`model.hidden.0`) too. */
export function searchableAt(key: string, value: ReadValue): Searchable | undefined {
  const all = searchables().filter((setting) => setting.key === key);
  const current = all.find(({ requires }) =>
    requires.every(({ key: chooser, variants }) => variants.some((name) => name === value(chooser, usualOf(chooser)))),
  );
  if (all.length > 0) return current ?? all[0];
  const position = /^(.+)\.(\d+|width|depth)$/.exec(key);
  const list = position ? searchableAt(position[1], value) : undefined;
  if (!position || list?.kind !== 'number_list') return undefined;
  const [, , part] = position;
  return {
    ...list,
    key,
    label: `${list.label} ${/^\d/.test(part) ? Number(part) + 1 : part}`,
    description: PARTS[part] ?? list.description,
    kind: 'integer',
    max: part === 'depth' ? null : list.max,
    default: presentValue(key, (path) => value(path, list.default)),
  };
}
