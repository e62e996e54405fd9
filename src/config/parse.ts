/** Validation of a run config: fills in defaults, refuses what is unknown or wrong, reports all problems at once. */
import * as v from 'valibot';
import { LatheError } from '../base/errors';
import { runConfigSchema, type RunConfig } from './schema';
import { withDefaultTags } from './tags';
import { unavailable } from './unavailable';

/** One problem of a document: the key, and a sentence on what is wrong and what was expected. */
export interface ConfigProblem {
  key: string;
  message: string;
}

/** Either the complete config or every problem of the document. */
export type ParsedConfig = { ok: true; config: RunConfig } | { ok: false; problems: ConfigProblem[] };

/** Validates `document` (a parsed YAML or JSON document; null counts as an empty one). */
export function checkConfig(document: unknown): ParsedConfig {
  const input = withDefaultTags(runConfigSchema, document);
  const lists = listsAsSections(runConfigSchema, input, []);
  if (lists.length > 0) return { ok: false, problems: lists };
  const result = v.safeParse(runConfigSchema, input ?? {});
  if (!result.success) return { ok: false, problems: dedupe(result.issues.flatMap((issue) => explain(issue))) };
  const missing = unavailable(result.output);
  return missing.length > 0 ? { ok: false, problems: missing } : { ok: true, config: result.output };
}

/**
 * Validates `input` and fills in defaults.
 * @throws LatheError of kind `config`, its `details` one sentence per problem.
 */
export function parseConfig(input: unknown, file?: string): RunConfig {
  const result = checkConfig(input);
  if (result.ok) return result.config;
  const details = result.problems.map((problem) => problem.message);
  const [first] = result.problems;
  const rest = details.length > 1 ? ` (and ${details.length - 1} more: ${details.slice(1).join(' ')})` : '';
  throw new LatheError(
    'config',
    `${file ? `${file}: ` : ''}${first.message}${rest}`,
    { file, key: first.key },
    details,
  );
}

type Issue = v.BaseIssue<unknown>;

function explain(issue: Issue): ConfigProblem[] {
  const path = (issue.path ?? []).map((item) => String(item.key));
  const key = path.join('.') || 'the document';

  // A variant's issue names its discriminator: say which words it takes.
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const known = Object.keys(parentOf(issue));
    const near = nearest(path.at(-1) ?? '', knownKeys(path.slice(0, -1), known));
    return [
      {
        key,
        message: `${key} is not a key of the config${near ? `; did you mean ${near}?` : '. Remove it, or check its spelling.'}`,
      },
    ];
  }
  if (issue.type === 'union' && issue.issues)
    return [{ key, message: `${key} is ${show(issue.input)}; expected ${issue.expected}.` }];
  return [{ key, message: `${key} is ${show(issue.input)}; expected ${expectation(issue)}.` }];
}

/** Valibot takes a list for an object without keys; here a list where a section belongs is a mistake. */
function listsAsSections(schema: unknown, value: unknown, path: string[]): ConfigProblem[] {
  const inner = unwrap(schema);
  if (typeof value !== 'object' || value === null || !(hasEntries(inner) || isVariant(inner))) return [];
  if (Array.isArray(value)) {
    const key = path.join('.') || 'the document';
    return [{ key, message: `${key} is a list; expected a section of keys.` }];
  }
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) =>
    listsAsSections(child(inner, key), item, [...path, key]),
  );
}

function parentOf(issue: Issue): object {
  const item = issue.path?.at(-1);
  return item && 'input' in item && typeof item.input === 'object' && item.input !== null ? item.input : {};
}

/** The keys that the schema knows at `path`, less those that the document already has. */
function knownKeys(path: string[], present: string[]): string[] {
  let node: unknown = runConfigSchema;
  for (const key of path) node = child(unwrap(node), key);
  const schema = unwrap(node);
  const options = isVariant(schema) ? schema.options : [schema];
  const keys = options.flatMap((option) => {
    const object = unwrap(option);
    return hasEntries(object) ? Object.keys(object.entries) : [];
  });
  return [...new Set(keys)].filter((name) => !present.includes(name));
}

const hasEntries = (schema: unknown): schema is { entries: Record<string, unknown> } =>
  typeof schema === 'object' && schema !== null && 'entries' in schema;
const isVariant = (schema: unknown): schema is { options: unknown[] } =>
  typeof schema === 'object' &&
  schema !== null &&
  // A union has options too, and they need not be sections: a target is one column or a list of them.
  'type' in schema &&
  schema.type === 'variant' &&
  'options' in schema &&
  Array.isArray(schema.options);

function unwrap(schema: unknown): unknown {
  let inner = schema;
  while (typeof inner === 'object' && inner !== null && 'wrapped' in inner) inner = inner.wrapped;
  return inner;
}

function child(schema: unknown, key: string): unknown {
  if (hasEntries(schema)) return schema.entries[key];
  if (isVariant(schema))
    return schema.options.map((option) => child(unwrap(option), key)).find((found) => found !== undefined);
  if (typeof schema === 'object' && schema !== null && 'item' in schema) return schema.item;
  return undefined;
}

function expectation(issue: Issue): string {
  switch (issue.type) {
    case 'number':
      return 'a number';
    case 'integer':
      return 'a whole number';
    case 'finite':
      return 'a finite number';
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
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
    case 'strict_object':
    case 'object':
    case 'record':
      return 'a section of keys';
    default:
      return words(issue.expected);
  }
}

/** Turns valibot's `("a" | "b")` into `a or b`. */
function words(expected: string | null): string {
  if (!expected) return 'something else';
  const list = [...expected.matchAll(/"([^"]*)"/g)].map((match) => match[1]);
  if (list.length === 0) return expected;
  return list.length === 1 ? list[0] : `${list.slice(0, -1).join(', ')} or ${list.at(-1)}`;
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  const json = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
}

function dedupe(problems: ConfigProblem[]): ConfigProblem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => !seen.has(problem.message) && seen.add(problem.message));
}

/** The closest of `names` to `word` by edit distance, if it is close enough to be a slip. */
export function nearest(word: string, names: string[]): string | null {
  const ranked = names
    .map((name) => ({ name, distance: editDistance(word, name) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.name : null;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
