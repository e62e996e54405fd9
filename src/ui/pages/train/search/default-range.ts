/** The range that a setting is searched in until somebody says otherwise. */
import type { ParameterSpec, ParameterValue } from '../../../../config/search/space';
import type { Searchable } from './searchable';

/** A range of numbers. */
export type NumericSpec = Extract<ParameterSpec, { type: 'float' | 'int' }>;

type Numbers = Omit<NumericSpec, 'type' | 'when'>;

/** Ranges that practice has settled on, by the last part of the key. */
const USUAL: Record<string, Numbers> = {
  learning_rate: { low: 1e-5, high: 1e-1, log: true, step: null },
  weight_decay: { low: 1e-6, high: 1e-1, log: true, step: null },
  l2: { low: 1e-6, high: 1e-2, log: true, step: null },
  dropout: { low: 0, high: 0.5, log: false, step: 0.05 },
  momentum: { low: 0, high: 0.99, log: false, step: 0.01 },
  beta1: { low: 0.8, high: 0.99, log: false, step: 0.01 },
  beta2: { low: 0.9, high: 0.999, log: false, step: 0.001 },
  ema: { low: 0.9, high: 0.999, log: false, step: 0.001 },
  epsilon: { low: 1e-10, high: 1e-6, log: true, step: null },
  layer_scale: { low: 1e-6, high: 1, log: true, step: null },
};

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/**
 * The range that `setting` starts with. `base` is its present value in the config: whole numbers are searched from a
 * quarter to four times of it, by their logarithm; numbers from a tenth to ten times, if practice knows nothing better.
 */
export function defaultSpec(setting: Searchable, base: unknown): ParameterSpec {
  const middle = isNumber(base) ? base : isNumber(setting.default) ? setting.default : null;
  switch (setting.kind) {
    case 'boolean':
      return { type: 'bool', when: null };
    case 'choice':
      return { type: 'categorical', choices: [...setting.choices], when: null };
    case 'number_list':
      return {
        type: 'categorical',
        choices: listChoices(setting, Array.isArray(base) ? base : setting.default),
        when: null,
      };
    case 'integer':
      return integerSpec(setting, middle);
    case 'number':
      return {
        ...clamp(USUAL[setting.key.slice(setting.key.lastIndexOf('.') + 1)] ?? around(setting, middle), setting),
        type: 'float',
        when: null,
      };
  }
}

function integerSpec(setting: Searchable, middle: number | null): ParameterSpec {
  if (setting.key.endsWith('.depth')) return { type: 'int', low: 1, high: 4, log: false, step: 1, when: null };
  const numbers =
    middle !== null && middle >= 1
      ? { low: Math.max(1, Math.round(middle / 4)), high: Math.round(middle * 4), log: true }
      : setting.min !== null && setting.min >= 1
        ? { low: setting.min, high: setting.min * 16, log: true }
        : { low: setting.min ?? 0, high: (setting.min ?? 0) + 10, log: false };
  return { ...clamp({ ...numbers, step: 1 }, setting), type: 'int', step: 1, when: null };
}

function around(setting: Searchable, middle: number | null): Numbers {
  const { min, max } = setting;
  if (middle !== null && middle > 0) {
    return { low: tidy(middle / 10), high: tidy(middle * 10), log: true, step: null };
  }
  return { low: min ?? 0, high: max !== null && max <= 1 ? max : (min ?? 0) + 1, log: false, step: null };
}

function clamp<T extends Numbers>(numbers: T, { min, max }: Searchable): T {
  return { ...numbers, low: Math.max(numbers.low, min ?? -Infinity), high: Math.min(numbers.high, max ?? Infinity) };
}

/** Half as large, as it is, twice as large. */
function listChoices({ min }: Searchable, base: unknown): ParameterValue[] {
  const numbers = Array.isArray(base) ? base.filter(isNumber) : [];
  if (numbers.length === 0) return [];
  const scaled = [0.5, 1, 2].map((factor) => numbers.map((number) => Math.max(min ?? 1, Math.round(number * factor))));
  return scaled.filter((list, index) => scaled.findIndex((other) => String(other) === String(list)) === index);
}

/** A number as people would write it: no 0.30000000000000004. */
export const tidy = (value: number): number => Number(value.toPrecision(12));
