/** The search space inside a document that is being written: it may be incomplete, or wrong, and is never thrown away. */
import * as v from 'valibot';
import { getPath, setPath } from '../../../../config/path';
import { parameterSpec, type ParameterSpec, type ParameterValue } from '../../../../config/search/space';
import { SEARCH } from '../form-layout';
import type { Requirement } from './searchable';

/** The ranges inside it. */
export const SPACE = `${SEARCH}.search_space`;

type Section = Record<string, unknown>;

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is written as a section; an empty one where it is something else. */
export const sectionOf = (value: unknown): Section => (isSection(value) ? value : {});

/** Ranges by key, as they are written; empty where there are none. */
export const spaceOf = (document: unknown): Section => sectionOf(getPath(document, SPACE));

/** A written range with its defaults filled in, or null while it is wrong. */
export function readSpec(written: unknown): ParameterSpec | null {
  const result = v.safeParse(parameterSpec, written);
  return result.success ? result.output : null;
}

/** The choices of a parameter, if it has some: those of a bool too. */
export function choicesOf(written: unknown): readonly ParameterValue[] | undefined {
  const spec = readSpec(written);
  if (spec?.type === 'bool') return [false, true];
  return spec?.type === 'categorical' ? spec.choices : undefined;
}

/** The document with these ranges. Sections around them that are no sections are replaced. */
export function withSpace(document: unknown, space: Section): unknown {
  const around = isSection(getPath(document, 'optimization')) ? document : setPath(document, 'optimization', {});
  return setPath(around, SEARCH, { ...sectionOf(getPath(document, SEARCH)), search_space: space });
}

/** The document of one run: without its search. */
export const withoutSearch = (document: unknown): unknown =>
  isSection(document) ? { ...document, optimization: {} } : document;

/** The document in which `key` is searched by `spec`: in its place where it was already, else as the last one. */
export function withParameter(document: unknown, key: string, spec: unknown): unknown {
  return withSpace(document, { ...spaceOf(document), [key]: spec });
}

/** The document in which `key` is not searched; conditions that asked for its value go with it. */
export function withoutParameter(document: unknown, key: string): unknown {
  const rest = Object.entries(spaceOf(document)).filter(([other]) => other !== key);
  return withSpace(
    document,
    Object.fromEntries(rest.map(([other, spec]) => [other, isSection(spec) ? withoutCondition(spec, key) : spec])),
  );
}

function withoutCondition(spec: Section, key: string): Section {
  if (!isSection(spec.when) || !(key in spec.when)) return spec;
  const { [key]: _, ...others } = spec.when;
  return { ...spec, when: Object.keys(others).length > 0 ? others : null };
}

/** Whether `key` is searched only under conditions that, directly or not, ask for the value of `other`. */
export function dependsOn(space: Section, key: string, other: string, seen: readonly string[] = []): boolean {
  const spec = space[key];
  if (!isSection(spec) || !isSection(spec.when) || seen.includes(key)) return false;
  return Object.keys(spec.when).some((parent) => parent === other || dependsOn(space, parent, other, [...seen, key]));
}

/**
 * The condition under which a setting exists: where a search chooses among variants of the section around it, only some
 * of which have it. Null where it always exists.
 */
export function conditionOf(requires: readonly Requirement[], space: Section): Record<string, ParameterValue> | null {
  const conditions = requires.flatMap(({ key, variants }): [string, ParameterValue][] => {
    const choices = choicesOf(space[key]);
    const fitting = choices?.filter((choice) => typeof choice === 'string' && variants.includes(choice)) ?? [];
    if (!choices || fitting.length === choices.length) return [];
    return [[key, fitting.length === 1 ? fitting[0] : fitting]];
  });
  return conditions.length > 0 ? Object.fromEntries(conditions) : null;
}

/**
 * Which parameter a problem is about, and what is left of its key inside it. Keys of the config hold dots themselves:
 * the longest one that fits is meant.
 */
export function parameterOfProblem(problemKey: string, keys: readonly string[]): { key: string; rest: string } | null {
  if (!problemKey.startsWith(`${SPACE}.`)) return null;
  const inside = problemKey.slice(SPACE.length + 1);
  const [key] = keys
    .filter((candidate) => inside === candidate || inside.startsWith(`${candidate}.`))
    .sort((a, b) => b.length - a.length);
  return key === undefined ? null : { key, rest: inside.slice(key.length + 1) };
}
