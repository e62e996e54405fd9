/**
 * The text format in which Prometheus reads metrics, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/): written by the page, read and joined by its server.
 *
 * ```
 * # HELP lathe_step Steps trained so far.
 * # TYPE lathe_step gauge
 * lathe_step{run="a1b2c3d4"} 1200
 * ```
 */

/** MIME type of the format. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Kinds of metrics that one number describes. */
export type MetricType = 'gauge' | 'counter' | 'untyped';

/** One number. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** All samples of one name. Two of them never have the same labels. */
export interface MetricFamily {
  name: string;
  help: string;
  type: MetricType;
  samples: Sample[];
}

/** What a text may hold at most. */
export interface ExpositionLimits {
  families: number;
  samples: number;
  /** Labels of one sample. */
  labels: number;
  /** Characters of a metric's or a label's name. */
  name: number;
  /** Characters of a label's value, or of a help text. */
  value: number;
}

/** A text that is none of this format, or is too much. */
export class ExpositionError extends Error {
  /** @param line counts from 1 */
  constructor(line: number, problem: string) {
    super(`Line ${line}: ${problem}`);
    this.name = 'ExpositionError';
  }
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Longer than any number that is written as short as it can be. */
const MOST_DIGITS = 64;
const TYPES: readonly MetricType[] = ['gauge', 'counter', 'untyped'];

/** Whether a label may be called so: names that begin with two underscores belong to Prometheus. */
const isLabelName = (name: string): boolean => LABEL_NAME.test(name) && !name.startsWith('__');

/** What tells the samples of a family apart, whatever the order of their labels. */
export const labelKey = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(
    Object.entries(labels)
      // An empty label is none.
      .filter(([, value]) => value !== '')
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Metrics as text. Families without samples are left out. @throws RangeError where a name is none, or samples are doubled */
export function writeExposition(families: readonly MetricFamily[]): string {
  const lines: string[] = [];
  for (const { name, help, type, samples } of families) {
    if (samples.length === 0) continue;
    if (!METRIC_NAME.test(name)) throw new RangeError(`${JSON.stringify(name)} cannot be the name of a metric.`);
    lines.push(`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`);
    const seen = new Set<string>();
    for (const { labels, value } of samples) {
      const key = labelKey(labels);
      if (seen.has(key)) throw new RangeError(`${name} has two values for the labels ${key}.`);
      seen.add(key);
      lines.push(`${name}${writeLabels(labels)} ${writeValue(value)}`);
    }
  }
  return lines.map((line) => `${line}\n`).join('');
}

function writeLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).filter(([, value]) => value !== '');
  for (const [name] of pairs) {
    if (!isLabelName(name)) throw new RangeError(`${JSON.stringify(name)} cannot be the name of a label.`);
  }
  if (pairs.length === 0) return '';
  return `{${pairs.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',')}}`;
}

const escapeLabel = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/** A number as Go reads it. */
function writeValue(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

/**
 * The metrics of a text. Samples with a timestamp, histograms and summaries are refused.
 * @throws ExpositionError that names the line
 */
export function readExposition(text: string, limits: ExpositionLimits): MetricFamily[] {
  if (text !== '' && !text.endsWith('\n')) {
    throw new ExpositionError(text.split('\n').length, 'the last line does not end with a line feed.');
  }
  const families = new Map<string, MetricFamily & { keys: Set<string>; said: Set<string> }>();
  let samples = 0;
  const lines = text.split('\n');
  lines.forEach((line, index) => {
    const fail = (problem: string): never => {
      throw new ExpositionError(index + 1, problem);
    };
    const familyOf = (name: string) => {
      const known = families.get(name);
      if (known) return known;
      if (!METRIC_NAME.test(name) || name.length > limits.name) fail('this is no name of a metric.');
      if (families.size >= limits.families) fail(`there are more than ${limits.families} metrics.`);
      const family = {
        name,
        help: '',
        type: 'untyped' as MetricType,
        samples: [],
        keys: new Set<string>(),
        said: new Set<string>(),
      };
      families.set(name, family);
      return family;
    };
    const trimmed = trimBlanks(line);
    if (trimmed === '') return;
    if (trimmed.startsWith('#')) {
      const [, keyword, name, rest = ''] = /^#[ \t]+(HELP|TYPE)[ \t]+([^ \t]+)(?:[ \t]+(.*))?$/.exec(trimmed) ?? [];
      if (keyword === undefined) return; // Any other comment.
      const family = familyOf(name);
      if (family.said.has(keyword)) fail(`${keyword} is said twice of one metric.`);
      family.said.add(keyword);
      if (keyword === 'HELP') {
        if (rest.length > limits.value) fail(`the help is longer than ${limits.value} characters.`);
        family.help = rest.replace(/\\(\\|n)/g, (_, escaped) => (escaped === 'n' ? '\n' : '\\'));
        return;
      }
      const type = TYPES.find((known) => known === rest);
      if (type === undefined) return fail('the type is none of gauge, counter and untyped.');
      if (family.samples.length > 0) fail('the type comes after a sample.');
      family.type = type;
      return;
    }
    const { name, labels, value } = readSample(trimmed, limits, fail);
    const family = familyOf(name);
    const key = labelKey(labels);
    if (family.keys.has(key)) fail('these labels had a value before.');
    if (++samples > limits.samples) fail(`there are more than ${limits.samples} samples.`);
    family.keys.add(key);
    family.samples.push({ labels, value });
  });
  return [...families.values()].map(({ name, help, type, samples: own }) => ({ name, help, type, samples: own }));
}

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t';

/** Without blanks at both ends: a pattern that looks for them takes time with the square of their number. */
function trimBlanks(line: string): string {
  let [start, end] = [0, line.length];
  while (isBlank(line[start])) start++;
  while (end > start && isBlank(line[end - 1])) end--;
  return line.slice(start, end);
}

/** `name{label="value",…} number` */
function readSample(
  line: string,
  limits: ExpositionLimits,
  fail: (problem: string) => never,
): { name: string; labels: Record<string, string>; value: number } {
  const [name] = /^[^{ \t]*/.exec(line) ?? [''];
  const labels = new Map<string, string>();
  let at = name.length;
  const skip = (): void => {
    while (isBlank(line[at])) at++;
  };
  skip();
  if (line[at] === '{') {
    at++;
    for (;;) {
      skip();
      if (line[at] === '}') break;
      const [label] = /^[a-zA-Z0-9_]*/.exec(line.slice(at, at + limits.name + 1)) ?? [''];
      if (!isLabelName(label) || label.length > limits.name) fail('this is no name of a label.');
      at += label.length;
      skip();
      if (line[at++] !== '=') fail('a label has no value.');
      skip();
      if (line[at++] !== '"') fail('a label’s value does not begin with a quotation mark.');
      let value = '';
      for (; line[at] !== '"'; at++) {
        if (at >= line.length) fail('a label’s value does not end.');
        if (value.length >= limits.value) fail(`a label’s value is longer than ${limits.value} characters.`);
        if (line[at] !== '\\') {
          value += line[at];
          continue;
        }
        const escaped = line[++at];
        if (escaped !== 'n' && escaped !== '\\' && escaped !== '"') fail('a label’s value has an unknown escape.');
        value += escaped === 'n' ? '\n' : escaped;
      }
      at++;
      if (labels.has(label)) fail('a label stands twice.');
      if (labels.size >= limits.labels) fail(`a sample has more than ${limits.labels} labels.`);
      labels.set(label, value);
      skip();
      if (line[at] === ',') at++;
      else if (line[at] !== '}') fail('a comma or a closing brace is missing between labels.');
    }
    at++;
  }
  const words = line
    .slice(at)
    .split(/[ \t]+/)
    .filter(Boolean);
  if (words.length !== 1)
    fail(words.length === 0 ? 'the value is missing.' : 'a timestamp, or something else, follows the value.');
  return { name, labels: Object.fromEntries(labels), value: readValue(words[0]) ?? fail('the value is no number.') };
}

/** A number as Go writes it; null: none. */
function readValue(text: string): number | null {
  if (text.length > MOST_DIGITS) return null;
  if (NUMBER.test(text)) return Number(text);
  const [, sign, word] = /^([+-]?)(inf|infinity|nan)$/i.exec(text) ?? [];
  if (word === undefined) return null;
  return word.toLowerCase() === 'nan' ? NaN : sign === '-' ? -Infinity : Infinity;
}
