/** One kind of range made of another, so that a change of mind loses as little as can be. */
import type { ParameterSpec } from '../../../../config/search/space';
import { defaultSpec, tidy, type NumericSpec } from './default-range';
import type { Searchable } from './searchable';
import { niceStep, stepsOf, ticksOf } from './track';

/** Choices that a range turns into at most. */
const MOST_CHOICES = 6;

/** Values spread over the range, its ends among them. */
export function asChoices(spec: ParameterSpec): ParameterSpec {
  if (spec.type === 'bool') return { type: 'categorical', choices: [false, true], when: spec.when };
  if (spec.type === 'categorical') return spec;
  const { low, high, log, when } = spec;
  const choices = spec.type === 'int' && log ? powersBetween(low, high) : spread(spec);
  return { type: 'categorical', choices: choices.length > 1 ? choices : [...new Set([low, high])], when };
}

function spread(spec: NumericSpec): number[] {
  const { low, high, log } = spec;
  const steps = log ? [] : stepsOf(spec, spec.step, MOST_CHOICES);
  if (steps.length > 0) return steps;
  return ticksOf({ from: low, to: high, log }, MOST_CHOICES)
    .map(({ value }) => value)
    .filter((value) => spec.type === 'float' || Number.isInteger(value));
}

/** Twice as many each time, or four times …: sizes are thought of so. */
function powersBetween(low: number, high: number): number[] {
  for (let factor = 2; low >= 1 && factor < high; factor *= 2) {
    const count = Math.floor(Math.log(high / low) / Math.log(factor) + 1e-9) + 1;
    if (count <= MOST_CHOICES) return Array.from({ length: count }, (_, index) => low * factor ** index);
  }
  return [];
}

/** The range that the numbers among the choices span; the usual one where there are not two. */
export function asRange(spec: ParameterSpec, setting: Searchable | null, base: unknown): ParameterSpec {
  if (spec.type !== 'categorical') return spec;
  const usual = setting ? defaultSpec(setting, base) : null;
  const numeric: NumericSpec =
    usual?.type === 'float' || usual?.type === 'int'
      ? usual
      : { type: 'float', low: 0, high: 1, log: false, step: null, when: null };
  const numbers = spec.choices.filter((choice) => typeof choice === 'number');
  if (new Set(numbers).size < 2) return { ...numeric, when: spec.when };
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return { ...numeric, low, high, log: numeric.log && low > 0, when: spec.when };
}

/** The range with or without logarithms: those need a start above zero, and take no steps. */
export function withLog(spec: NumericSpec, log: boolean): NumericSpec {
  if (!log) return { ...spec, log };
  const low = spec.low > 0 ? spec.low : spec.type === 'int' ? 1 : niceStep(Math.max(spec.high, 1e-9) / 1000);
  const high = Math.max(spec.high, low);
  return spec.type === 'int'
    ? { ...spec, log, low, high, step: 1 }
    : { ...spec, log, low: tidy(low), high: tidy(high), step: null };
}
