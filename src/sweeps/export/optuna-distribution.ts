/**
 * Ranges of parameters as Optuna keeps them: `{"name": "FloatDistribution", "attributes": {…}}`, in JSON within JSON
 * (optuna/distributions.py, version 5.0).
 */
import * as v from 'valibot';
import type { ParameterSpec, ParameterValue } from '../../config/search/space';
import { sameValue } from '../../config/search/ranges';
import { distributionOf } from '../space/distribution';
import { formatPythonJson, parsePythonJson, PythonFloat, type PythonJson } from './python-json';

/** A choice as Optuna takes it: lists become their JSON text. */
export type OptunaChoice = string | number | boolean | null;

/** `value` as Optuna takes it. */
export const toOptunaChoice = (value: ParameterValue): OptunaChoice =>
  Array.isArray(value) ? JSON.stringify(value) : value;

/** The range as `optuna.distributions.distribution_to_json` writes it. */
export function distributionToJson(spec: ParameterSpec): string {
  return formatPythonJson(toDocument(spec), 'spaced');
}

// Keys stand in the order in which Optuna's classes set them.
function toDocument(spec: ParameterSpec): PythonJson {
  switch (spec.type) {
    case 'bool':
      return { name: 'CategoricalDistribution', attributes: { choices: [false, true] } };
    case 'categorical':
      return { name: 'CategoricalDistribution', attributes: { choices: spec.choices.map(toOptunaChoice) } };
    case 'float': {
      const { low, log } = spec;
      // Optuna knows no steps on a logarithmic axis, neither do our samplers.
      const step = log ? null : spec.step;
      const high = step === null ? spec.high : lastStep(low, spec.high, step);
      return {
        name: 'FloatDistribution',
        attributes: {
          step: step === null ? null : new PythonFloat(step),
          low: new PythonFloat(low),
          high: new PythonFloat(high),
          log,
        },
      };
    }
    case 'int': {
      const { low, log } = spec;
      const step = log ? 1 : spec.step;
      return {
        name: 'IntDistribution',
        attributes: { log, step, low, high: low + Math.floor((spec.high - low) / step) * step },
      };
    }
  }
}

/** The last of `low + k · step` up to `high`, in decimal arithmetic: 0.3 for 0.1, 0.35 and 0.1. */
function lastStep(low: number, high: number, step: number): number {
  const numbers = [low, high, step];
  const places = Math.max(...numbers.map(decimals));
  const [first, last, each] = numbers.map((value) => scaled(value, places));
  return Number(`${first + ((last - first) / each) * each}e-${places}`);
}

const decimals = (value: number): number => {
  const [digits, exponent] = value.toExponential().split('e');
  return Math.max(0, (digits.split('.')[1] ?? '').length - Number(exponent));
};

const scaled = (value: number, places: number): bigint => {
  const [digits, exponent] = value.toExponential().split('e');
  const [whole, fraction = ''] = digits.split('.');
  return BigInt(whole + fraction) * 10n ** BigInt(places + Number(exponent) - fraction.length);
};

const finite = v.pipe(v.number(), v.finite());
const whole = v.pipe(v.number(), v.safeInteger());

const choice: v.GenericSchema<unknown, ParameterValue> = v.union([
  v.string(),
  v.boolean(),
  v.null(),
  finite,
  v.array(v.lazy(() => choice)),
  // Python's objects, and numbers that are none, stay readable as text.
  v.pipe(
    v.any(),
    v.transform((value: unknown) => (typeof value === 'number' ? String(value) : JSON.stringify(value))),
  ),
]);

const log = v.optional(v.boolean(), false);

const RANGE = v.variant('type', [
  v.object({
    type: v.literal('float'),
    low: finite,
    high: finite,
    log,
    step: v.nullish(v.pipe(finite, v.gtValue(0)), null),
  }),
  v.object({
    type: v.literal('int'),
    low: whole,
    high: whole,
    log,
    step: v.nullish(v.pipe(whole, v.minValue(1)), 1),
  }),
  v.object({ type: v.literal('categorical'), choices: v.pipe(v.array(choice), v.minLength(1)) }),
]);

/** What Optuna's classes mean, those of before 3.0 too. */
const CLASSES: ReadonlyMap<string, { type: 'float' | 'int' | 'categorical'; log?: true }> = new Map([
  ['FloatDistribution', { type: 'float' }],
  ['IntDistribution', { type: 'int' }],
  ['CategoricalDistribution', { type: 'categorical' }],
  ['UniformDistribution', { type: 'float' }],
  ['DiscreteUniformDistribution', { type: 'float' }],
  ['LogUniformDistribution', { type: 'float', log: true }],
  ['IntUniformDistribution', { type: 'int' }],
  ['IntLogUniformDistribution', { type: 'int', log: true }],
]);

const CLASS = v.object({ name: v.string(), attributes: v.record(v.string(), v.unknown()) });

/** The range that a JSON text of Optuna's means; null where it means none. */
export function readDistribution(json: string): ParameterSpec | null {
  let document: unknown;
  try {
    document = parsePythonJson(json);
  } catch {
    return null;
  }
  // Optuna reads a short form too, in which all stands side by side: {"type": "float", "low": 0, "high": 1}.
  if (v.is(CLASS, document)) {
    const { q, ...attributes } = document.attributes;
    document = { step: q, ...attributes, ...CLASSES.get(document.name) };
  }
  const result = v.safeParse(RANGE, document);
  if (!result.success) return null;
  const range = result.output;
  if (range.type === 'categorical') {
    const { choices } = range;
    const isBool = choices.length === 2 && choices[0] === false && choices[1] === true;
    return isBool ? { type: 'bool', when: null } : { ...range, when: null };
  }
  if (range.low > range.high || (range.log && range.low <= 0)) return null;
  return { ...range, when: null };
}

/**
 * A range that holds both: Optuna lets the bounds differ from trial to trial. Null where one is of numbers and the other of
 * choices.
 */
export function widen(a: ParameterSpec, b: ParameterSpec): ParameterSpec | null {
  const [first, second] = [distributionOf(a), distributionOf(b)];
  if (first.type === 'categorical' && second.type === 'categorical') {
    if (sameValue(first.choices, second.choices)) return a;
    const added = second.choices.filter((choice) => !first.choices.some((other) => sameValue(other, choice)));
    return { type: 'categorical', choices: [...first.choices, ...added], when: null };
  }
  if (first.type === 'categorical' || second.type === 'categorical') return null;
  const range = {
    low: Math.min(first.low, second.low),
    high: Math.max(first.high, second.high),
    log: first.log && second.log,
    when: null,
  };
  const step = first.step === second.step && onOneGrid(first.low, second.low, first.step) ? first.step : null;
  return first.type === 'int' && second.type === 'int'
    ? { type: 'int', ...range, step: step ?? 1 }
    : { type: 'float', ...range, step };
}

function onOneGrid(a: number, b: number, step: number | null): boolean {
  if (step === null) return true;
  const k = (a - b) / step;
  return Math.abs(k - Math.round(k)) < 1e-8;
}
