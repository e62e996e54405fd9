/** The run config of a trial: that of the study with the trial's values in it. */
import * as v from 'valibot';
import { widthsFor } from '../architectures/widths';
import { getPath, setPath } from '../path';
import { runConfigSchema, type RunConfig } from '../schema';
import { child, isSchema, isSection, isVariant, tagOf, unwrap } from '../schema-walk';
import { problemsError, validateDocument } from '../validate';
import type { ParameterValue } from './space';

/**
 * The config of one trial, which is that of a run like any other: without the search. Where a trial chooses another variant
 * of a section (an optimizer, an architecture), the settings of the old variant that the new one has too stay as far as
 * they were written by the user; the rest takes the new variant's defaults.
 * @throws LatheError of kind `config` when the values do not fit the config.
 */
export function trialConfig(config: RunConfig, params: Record<string, ParameterValue>): RunConfig {
  const result = validateDocument(withFittingParts(trialDocument(config, params)));
  if (result.ok) return result.config;
  throw problemsError(result.problems);
}

/** A batch that was searched may be smaller than the parts that a group deals it in. */
function withFittingParts(document: unknown): unknown {
  const examples =
    Number(getPath(document, 'training.batch_size')) * Number(getPath(document, 'training.gradient_accumulation'));
  const parts = 'training.distributed.micro_batches';
  return Number(getPath(document, parts)) > examples ? setPath(document, parts, examples) : document;
}

/**
 * The document that the config of a trial is read from. What chooses a variant is applied first, so that the other values
 * reach into it.
 * @throws LatheError of kind `config` when a key runs through a plain value or past the end of a list.
 */
export function trialDocument(config: RunConfig, params: Record<string, ParameterValue>): unknown {
  let document: unknown = { ...config, optimization: {} };
  const tags = Object.keys(params)
    .filter(isTag)
    .sort((a, b) => depthOf(a) - depthOf(b));
  for (const key of tags) document = switchVariant(document, key, params[key]);
  for (const [key, value] of Object.entries(params)) {
    if (!tags.includes(key)) document = setPath(widthsFor(document, key), key, value);
  }
  return document;
}

/** The section that `key` is in, and its schema. */
export function sectionOf(key: string): { path: string; schema: unknown } {
  const path = key.split('.').slice(0, -1);
  return { path: path.join('.'), schema: unwrap(path.reduce(child, runConfigSchema)) };
}

/** Whether `key` chooses the variant of its section: `model.architecture`, `training.optimizer.name`. */
export function isTag(key: string): boolean {
  const { schema } = sectionOf(key);
  return isVariant(schema) && key.endsWith(`.${schema.key}`);
}

const depthOf = (key: string): number => key.split('.').length;

type Settings = Record<string, unknown>;

const isSettings = (value: unknown): value is Settings =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `document` with another variant at the section of `key`; one that does not exist is left for the validation to refuse. */
function switchVariant(document: unknown, key: string, tag: ParameterValue): unknown {
  const { path, schema } = sectionOf(key);
  const section = getPath(document, path);
  if (!isVariant(schema) || !isSettings(section) || section[schema.key] === tag) return setPath(document, key, tag);
  const option = (wanted: unknown): unknown => schema.options.find((candidate) => tagOf(schema, candidate) === wanted);
  const [from, to] = [option(section[schema.key]), option(tag)];
  if (!isSection(to)) return setPath(document, key, tag);
  const usual = defaultsOf(from, { [schema.key]: section[schema.key] });
  const kept = Object.entries(section).filter(
    ([name, value]) =>
      name !== schema.key &&
      // Written by the user: what is as the old variant has it by itself says nothing about the new one.
      JSON.stringify(value) !== JSON.stringify(usual[name]) &&
      // Two variants may mean different things by one name: the layers of a transformer are a number.
      accepts(to.entries[name], value),
  );
  const start = { [schema.key]: tag };
  return setPath(document, path, { ...defaultsOf(to, start), ...start, ...Object.fromEntries(kept) });
}

const accepts = (schema: unknown, value: unknown): boolean => isSchema(schema) && v.is(schema, value);

const defaults = new WeakMap<object, Settings>();

/** What a variant takes where nothing is written but its tag; empty where it has settings without defaults. */
function defaultsOf(option: unknown, tagged: Settings): Settings {
  if (!isSchema(option)) return {};
  const known = defaults.get(option);
  if (known) return known;
  const result = v.safeParse(option, tagged);
  const found = result.success && isSettings(result.output) ? result.output : {};
  defaults.set(option, found);
  return found;
}
