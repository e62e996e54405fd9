/**
 * Whether a key of a search space is one that the config has and that can be searched, and whether the config takes its
 * values. Both are asked of the schema at that key, under each variant that the trial may have there.
 */
import * as v from 'valibot';
import { widthsFor } from '../architectures/widths';
import { explain, show, type ConfigProblem } from '../explain';
import { describeAll, flattenFields } from '../form';
import { nearest } from '../nearest';
import { getPath } from '../path';
import { runConfigSchema, type RunConfig } from '../schema';
import { child, isSchema, isSection, isVariant, tagOf, unwrap } from '../schema-walk';
import { sectionOf, trialDocument } from './apply';
import { conditionsOf, reachableHigh, sameValue } from './ranges';
import type { ParameterSpec, ParameterValue, SearchSpace } from './space';

/** Keys that are the same in all trials, and why. */
const FIXED: Record<string, string> = {
  version: 'it says how the document is read',
  name: 'a name changes nothing',
  'data.dataset': 'all trials learn from the same data',
  'data.split.fold': 'hyperparameter_search.folds trains on each fold in turn',
  'training.distributed': 'it says who trains, not what is learnt',
  optimization: 'it describes the search itself',
  logging: 'it changes nothing that is learnt',
  registry: 'it changes nothing that is learnt',
  profiling: 'it changes nothing that is learnt',
};

type Params = Record<string, ParameterValue>;

/** Problems of the parameter `key`, whose conditions are sound and whose low is not above its high. @param place Its key in the document. */
export function checkKey(place: string, key: string, config: RunConfig): ConfigProblem[] {
  const space = config.optimization.hyperparameter_search.search_space;
  const one = (sentence: string): ConfigProblem[] => [{ key: place, message: `${place}: ${sentence}` }];
  const fixed = Object.keys(FIXED).find((prefix) => key === prefix || key.startsWith(`${prefix}.`));
  if (fixed !== undefined) return one(`${key} cannot be searched, since ${FIXED[fixed]}. Remove it.`);
  const rival = rivalOf(key, space);
  if (rival !== null) return one(`${rival} is searched too, and both set the same. Remove one of them.`);

  const contexts = contextsOf(key, space, config);
  const found = contexts.map((params) => ({ params, place: locate(key, config, params) }));
  const lacking = found.filter((context) => context.place.kind === 'unknown');
  if (lacking.length === contexts.length) return one(unknownKey(key, config));
  if (lacking.length > 0)
    return one(
      sometimesUnknown(
        key,
        lacking[0].params,
        found.filter((f) => !lacking.includes(f)).map(({ params }) => params),
      ),
    );

  const schemas = new Set<v.GenericSchema>();
  for (const { place: at } of found) {
    if (at.kind === 'position') return one(beyond(at));
    if (at.kind === 'section') {
      const remedy = at.tag === null ? 'Search keys inside it.' : `Search ${key}.${at.tag}, or other keys inside it.`;
      return one(`${key} is a section of keys. ${remedy}`);
    }
    if (at.kind === 'value') schemas.add(at.schema);
  }
  for (const schema of schemas) {
    const problems = checkValues(place, key, space[key], schema);
    if (problems.length > 0) return problems;
  }
  return [];
}

function beyond({ list, length }: { list: string; length: number }): string {
  if (length === 0) return `${list} is empty. Lengthen the list, or remove the key.`;
  if (length === 1) return `${list} has one entry, at position 0. Search that, or lengthen the list.`;
  return `${list} has ${length} entries, at positions 0 to ${length - 1}. Search one of these, or lengthen the list.`;
}

/** A searched key that sets the same as `key` does: a section around it, or the other way to write widths. */
function rivalOf(key: string, space: SearchSpace): string | null {
  const others = Object.keys(space).filter((other) => other !== key);
  const around = others.find((other) => key.startsWith(`${other}.`));
  if (around !== undefined) return around;
  const [, list, last] = /^(model\.(?:hidden|filters))\.(\w+)$/.exec(key) ?? [];
  if (list === undefined || !/^\d+$/.test(last)) return null;
  return others.find((other) => other === `${list}.width` || other === `${list}.depth`) ?? null;
}

/** Values of what chooses the variants around `key` under which it may be searched. */
function contextsOf(key: string, space: SearchSpace, config: RunConfig): Params[] {
  const conditions = conditionsOf(space, key);
  const parts = key.split('.');
  let contexts: Params[] = [{}];
  for (let depth = 1; depth < parts.length; depth++) {
    const section = parts.slice(0, depth).join('.');
    const { schema } = sectionOf(`${section}.x`);
    if (!isVariant(schema)) continue;
    const tag = `${section}.${schema.key}`;
    const spec = Object.hasOwn(space, tag) ? space[tag] : undefined;
    if (tag === key || spec?.type !== 'categorical') continue;
    const words = schema.options.map((option) => tagOf(schema, option));
    const values = spec.choices.filter(
      (choice) =>
        words.includes(choice) &&
        (conditions.get(tag) ?? []).every((list) => list.some((value) => sameValue(value, choice))),
    );
    // Where the choice itself is not always searched, the config's own holds in the other trials.
    const own = getPath(config, tag);
    if (spec.when !== null && !conditions.has(tag) && typeof own === 'string' && !values.includes(own))
      values.push(own);
    contexts = contexts.flatMap((params) => values.map((value) => ({ ...params, [tag]: value })));
  }
  return contexts;
}

/** What is at a key of the config of a trial. */
type Place =
  | { kind: 'value'; schema: v.GenericSchema }
  | { kind: 'section'; tag: string | null }
  | { kind: 'position'; list: string; length: number }
  | { kind: 'unknown' };

/** Follows `key` through the schema, by the variants and lists that the document has. */
function locate(key: string, config: RunConfig, params: Params): Place {
  const document = widthsFor(trialDocument(config, params), key);
  const parts = key.split('.');
  let schema: unknown = runConfigSchema;
  for (const [i, part] of parts.entries()) {
    const path = parts.slice(0, i).join('.');
    const value = i === 0 ? document : getPath(document, path);
    const inner = unwrap(schema);
    if (Array.isArray(value) && /^\d+$/.test(part) && Number(part) >= value.length) {
      return { kind: 'position', list: path, length: value.length };
    }
    if (isVariant(inner)) {
      if (part === inner.key) {
        const words = inner.options.map((option) => String(tagOf(inner, option)));
        return i === parts.length - 1 ? { kind: 'value', schema: picklist(inner, words) } : { kind: 'unknown' };
      }
      const tag = getPath(value, inner.key);
      schema = child(inner.options.find((option) => tagOf(inner, option) === tag) ?? inner, part);
    } else {
      schema = child(inner, part);
    }
    if (schema === undefined) return { kind: 'unknown' };
  }
  const inner = unwrap(schema);
  if (isVariant(inner)) return { kind: 'section', tag: inner.key };
  if (isSection(inner)) return { kind: 'section', tag: null };
  return isSchema(schema) ? { kind: 'value', schema } : { kind: 'unknown' };
}

const picklists = new WeakMap<object, v.GenericSchema>();

/** The words that a variant takes, as a schema; the same one for the same variant. */
function picklist(variant: object, words: string[]): v.GenericSchema {
  const known = picklists.get(variant) ?? v.picklist(words);
  picklists.set(variant, known);
  return known;
}

/** Holds the ends or the choices of a range against the schema of its key. */
function checkValues(place: string, key: string, spec: ParameterSpec, schema: v.GenericSchema): ConfigProblem[] {
  const refused = (value: unknown): string | null => {
    const result = v.safeParse(schema, value);
    return result.success ? null : explain(result.issues[0], key.split('.')).message;
  };
  const problems = probesOf(spec).flatMap(([at, value]): ConfigProblem[] => {
    const reason = refused(value);
    if (reason === null) return [];
    const remedy = spec.type === 'bool' ? 'Search it as another type.' : 'Change it.';
    const subject = at === 'type' ? `is ${spec.type}` : `is ${show(value)}`;
    return [
      { key: `${place}.${at}`, message: `${place}.${at} ${subject}, which the config refuses: ${reason} ${remedy}` },
    ];
  });
  if (problems.length > 0 || spec.type !== 'float' || spec.low === spec.high) return problems;
  // Both ends fit; does what lies between them? A float draws values that a whole number does not take.
  const between = spec.low + (spec.step ?? 0.381966 * (spec.high - spec.low));
  const reason = between <= spec.high ? refused(between) : null;
  if (reason === null) return [];
  return [
    {
      key: `${place}.type`,
      message: `${place}.type is float, so that ${show(between)} may be drawn, which the config refuses: ${reason} Set type to int, or to categorical with choices.`,
    },
  ];
}

function probesOf(spec: ParameterSpec): [string, unknown][] {
  switch (spec.type) {
    case 'bool':
      return [['type', true]];
    case 'categorical':
      return spec.choices.map((choice, i) => [`choices.${i}`, choice]);
    case 'int':
    case 'float':
      return [
        ['low', spec.low],
        ['high', reachableHigh(spec)],
      ];
  }
}

function unknownKey(key: string, config: RunConfig): string {
  const variants = variantsWith(key, config);
  if (variants !== null) {
    return `${key} is no key while ${variants.tag} is ${show(variants.own)}; it is one of ${variants.words.join(', ')}. Set ${variants.tag} to ${variants.words.length === 1 ? variants.words[0] : 'one of these'}, or remove it.`;
  }
  const known = flattenFields(describeAll())
    .filter(({ kind, path }) => kind !== 'group' && kind !== 'variant' && !path.startsWith('optimization.'))
    .map(({ path }) => path);
  const last = `.${key.split('.').at(-1)}`;
  const near = known.find((path) => path.endsWith(last)) ?? nearest(key, known);
  return `${key} is not a key of the config${near ? `; did you mean ${near}?` : '. Remove it, or check its spelling.'}`;
}

/** The variants of the section of `key` that have it, where its own has not. */
function variantsWith(key: string, config: RunConfig): { tag: string; own: unknown; words: string[] } | null {
  const parts = key.split('.');
  for (let depth = parts.length - 1; depth > 0; depth--) {
    const section = parts.slice(0, depth).join('.');
    const { schema } = sectionOf(`${section}.x`);
    if (!isVariant(schema)) continue;
    const tag = `${section}.${schema.key}`;
    const words = schema.options
      .map((option) => String(tagOf(schema, option)))
      .filter((word) => locate(key, config, { [tag]: word }).kind !== 'unknown');
    if (words.length > 0) return { tag, own: getPath(config, tag), words };
  }
  return null;
}

/** What is said of a key that only some of the variants have that may be drawn. */
function sometimesUnknown(key: string, lacking: Params, having: Params[]): string {
  const tag = Object.keys(lacking).find((name) =>
    having.some((params) => !sameValue(params[name] ?? null, lacking[name])),
  );
  if (tag === undefined) return `${key} is not a key of the config in all trials. Give it a condition with when.`;
  const words = [...new Set(having.map((params) => show(params[tag]).replaceAll('"', '')))];
  const value = words.length === 1 ? words[0] : `[${words.join(', ')}]`;
  return `${key} is a key only while ${tag} is ${words.join(' or ')}, and it may be ${show(lacking[tag])}. Add when: {${tag}: ${value}}.`;
}
