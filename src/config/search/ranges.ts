/** Plain facts about ranges: the values they hold, what they depend on, a draw from them. */
import type { RandomStream } from '../../base/random';
import type { ParameterSpec, ParameterValue, SearchSpace } from './space';

type Unconditional<Spec> = Spec extends unknown ? Omit<Spec, 'when'> : never;

/** The values of one parameter, whatever it depends on. */
export type Range = Unconditional<ParameterSpec>;

/** Whether two values are the same, lists by their content. */
export const sameValue = (a: ParameterValue, b: ParameterValue): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && JSON.stringify(a) === JSON.stringify(b));

/** The values that a condition allows. */
export const allowed = (value: ParameterValue): ParameterValue[] => (Array.isArray(value) ? value : [value]);

/** The largest value that can be reached: the last step need not end at `high`. */
export function reachableHigh({ type, low, high, log, step }: Extract<Range, { low: number }>): number {
  if (step === null || log) return high;
  const last = low + Math.floor((high - low) / step + 1e-8) * step;
  return type === 'int' ? last : decimal(last);
}

/** How many values there are; infinite for a float without steps. */
export function cardinality(range: Range): number {
  if (range.type === 'bool') return 2;
  if (range.type === 'categorical') return range.choices.length;
  if (range.low === range.high) return 1;
  return range.step === null ? Infinity : Math.floor((range.high - range.low) / range.step + 1e-8) + 1;
}

/** Whether a parameter can take `value`. */
export function contains(range: Range, value: ParameterValue): boolean {
  if (range.type === 'bool') return typeof value === 'boolean';
  if (range.type === 'categorical') return range.choices.some((choice) => sameValue(choice, value));
  if (typeof value !== 'number' || !(value >= range.low && value <= range.high)) return false;
  if (range.step === null || range.log) return range.type === 'float' || Number.isInteger(value);
  const steps = (value - range.low) / range.step;
  return Math.abs(steps - Math.round(steps)) < 1e-8;
}

/** The parameters that `key` depends on, directly or not, each with the lists of values that it must be in. */
export function conditionsOf(space: SearchSpace, key: string): Map<string, ParameterValue[][]> {
  const found = new Map<string, ParameterValue[][]>();
  const visited = new Set<string>();
  const visit = (at: string): void => {
    if (visited.has(at) || !Object.hasOwn(space, at)) return;
    visited.add(at);
    for (const [other, value] of Object.entries(space[at].when ?? {})) {
      found.set(other, [...(found.get(other) ?? []), allowed(value)]);
      visit(other);
    }
  };
  visit(key);
  return found;
}

/** Keys in an order in which conditions come before what depends on them; those that go round in a circle come last. */
export function inOrder(space: SearchSpace): { order: string[]; circle: string[] } {
  const order: string[] = [];
  let waiting = Object.keys(space);
  for (;;) {
    const ready = waiting.filter((key) =>
      Object.keys(space[key].when ?? {}).every((other) => order.includes(other) || !Object.hasOwn(space, other)),
    );
    if (ready.length === 0) return { order, circle: waiting };
    order.push(...ready);
    waiting = waiting.filter((key) => !ready.includes(key));
  }
}

/** Whether a parameter is searched where the others have the values `params`. */
export const isActive = (spec: ParameterSpec, params: Record<string, ParameterValue>): boolean =>
  Object.entries(spec.when ?? {}).every(
    ([key, value]) => Object.hasOwn(params, key) && allowed(value).some((one) => sameValue(one, params[key])),
  );

/** Draws values uniformly, by their logarithm where the range is logarithmic. */
export function drawer(spec: ParameterSpec, random: RandomStream): () => ParameterValue {
  if (spec.type === 'bool') return () => random.integer(2) === 1;
  if (spec.type === 'categorical') return () => spec.choices[random.integer(spec.choices.length)];
  const { low, high, log, step } = spec;
  if (!log && step !== null) {
    const count = cardinality(spec);
    const tidied = spec.type === 'int' ? (value: number): number => value : decimal;
    return () => tidied(low + Math.floor(random.uniform() * count) * step);
  }
  const half = spec.type === 'int' ? 0.5 : 0;
  const [from, to] = log ? [Math.log(low - half), Math.log(high + half)] : [low, high];
  const between = (): number => from + random.uniform() * (to - from);
  if (!log) return between;
  if (spec.type === 'float') return () => Math.exp(between());
  return () => Math.min(high, Math.max(low, Math.round(Math.exp(between()))));
}

/** Sums of decimal steps as people write them: 0.3, not 0.30000000000000004. */
export const decimal = (value: number): number => Number(value.toPrecision(12));
