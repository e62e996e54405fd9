/** What the schema finds wrong, in sentences that name the key, the value and what was expected. */
import type * as v from 'valibot';
import { nearest } from './nearest';
import { runConfigSchema } from './schema';
import { alternatives, child, isSection, isVariant, unwrap } from './schema-walk';

/** One problem of a document: the key, and a sentence on what is wrong and what was expected. */
export interface ConfigProblem {
  key: string;
  message: string;
}

type Issue = v.BaseIssue<unknown>;

/** One sentence on `issue`. @param prefix Where in the config the value stands that was checked. */
export function explain(issue: Issue, prefix: readonly string[] = []): ConfigProblem {
  const path = [...prefix, ...(issue.path ?? []).map((item) => String(item.key))];
  const key = path.join('.') || 'the document';
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const known = Object.keys(parentOf(issue));
    const near = nearest(path.at(-1) ?? '', knownKeys(path.slice(0, -1), known));
    return {
      key,
      message: `${key} is not a key of the config${near ? `; did you mean ${near}?` : '. Remove it, or check its spelling.'}`,
    };
  }
  if (issue.type === 'check') return { key, message: `${key} is ${show(issue.input)}; expected ${issue.message}.` };
  if (issue.type === 'union' && issue.issues)
    return { key, message: `${key} is ${show(issue.input)}; expected ${issue.expected}.` };
  return { key, message: `${key} is ${show(issue.input)}; expected ${expectation(issue, path)}.${meant(issue)}` };
}

/** Valibot takes a list for an object without keys; here a list where a section belongs is a mistake. */
export function listsAsSections(schema: unknown, value: unknown, path: string[] = []): ConfigProblem[] {
  const inner = unwrap(schema);
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    if (!isSection(inner) && !isVariant(inner)) return [];
    const key = path.join('.') || 'the document';
    return [{ key, message: `${key} is a list; expected a section of keys.` }];
  }
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) =>
    listsAsSections(child(inner, key), item, [...path, key]),
  );
}

/** A value as it is shown in a sentence. */
export function show(value: unknown): string {
  if (value === undefined) return 'missing';
  const json = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
}

/** Problems without those that say the same again. */
export function dedupe(problems: ConfigProblem[]): ConfigProblem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => !seen.has(problem.message) && seen.add(problem.message));
}

function parentOf(issue: Issue): object {
  const item = issue.path?.at(-1);
  return item && 'input' in item && typeof item.input === 'object' && item.input !== null ? item.input : {};
}

const schemaAt = (path: readonly string[]): unknown => path.reduce(child, runConfigSchema);

/** The keys that the schema knows at `path`, less those that the document already has. */
function knownKeys(path: string[], present: string[]): string[] {
  const keys = alternatives(unwrap(schemaAt(path))).flatMap((option) =>
    isSection(option) ? Object.keys(option.entries) : [],
  );
  return [...new Set(keys)].filter((name) => !present.includes(name));
}

function expectation(issue: Issue, path: string[]): string {
  switch (issue.type) {
    case 'strict_object':
    case 'object':
      // A key that is missing is an issue of the section around it.
      return issue.input === undefined ? typeName(unwrap(schemaAt(path))) : 'a section of keys';
    case 'integer':
      return 'a whole number';
    case 'finite':
      return 'a finite number';
    case 'min_value':
      return `${String(issue.requirement)} or more`;
    case 'max_value':
      return `${String(issue.requirement)} or less`;
    case 'gt_value':
      return `more than ${String(issue.requirement)}`;
    case 'min_length':
      return `at least ${String(issue.requirement)} entries`;
    case 'max_length':
      return `at most ${String(issue.requirement)} entries`;
    case 'variant':
      return issue.expected === 'Object' ? 'a section of keys' : words(issue.expected);
    case 'number':
    case 'string':
    case 'boolean':
    case 'array':
    case 'record':
      return typeName(issue);
    default:
      return words(issue.expected);
  }
}

function typeName(schema: unknown): string {
  const type = typeof schema === 'object' && schema !== null && 'type' in schema ? schema.type : null;
  switch (type) {
    case 'number':
      return 'a number';
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'strict_object':
    case 'variant':
    case 'record':
      return 'a section of keys';
    default:
      return 'a value';
  }
}

/** The word that a wrong one was probably meant to be. */
function meant({ type, input, expected }: Issue): string {
  if ((type !== 'variant' && type !== 'picklist') || typeof input !== 'string') return '';
  const near = nearest(input, quoted(expected));
  return near ? ` Did you mean ${near}?` : '';
}

const quoted = (expected: string | null): string[] =>
  [...(expected ?? '').matchAll(/"([^"]*)"/g)].map((match) => match[1]);

/** Turns valibot's `("a" | "b")` into `a or b`. */
function words(expected: string | null): string {
  if (!expected) return 'something else';
  const list = quoted(expected);
  if (list.length === 0) return expected;
  return list.length === 1 ? list[0] : `${list.slice(0, -1).join(', ')} or ${list.at(-1)}`;
}
