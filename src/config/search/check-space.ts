/** Whether a search space makes sense by itself: its ranges, and the conditions between its parameters. */
import type { ConfigProblem } from '../explain';
import { show } from '../explain';
import { nearest } from '../nearest';
import type { RunConfig } from '../schema';
import { checkKey } from './check-key';
import { allowed, contains, inOrder, sameValue } from './ranges';
import type { ParameterSpec, SearchSpace } from './space';

const KEY = 'optimization.hyperparameter_search.search_space';

/** Problems of the search space. */
export function checkSpace(config: RunConfig): ConfigProblem[] {
  const space = config.optimization.hyperparameter_search.search_space;
  if (Object.keys(space).length === 0) {
    return [
      {
        key: KEY,
        message: `${KEY} is empty. Name a key to search, as training.optimizer.learning_rate: {type: float, low: 1.0e-5, high: 0.1, log: true}.`,
      },
    ];
  }
  return [...Object.entries(space).flatMap(([key, spec]) => checkParameter(key, spec, config)), ...checkCircle(space)];
}

function checkParameter(key: string, spec: ParameterSpec, config: RunConfig): ConfigProblem[] {
  const place = `${KEY}.${key}`;
  const range = checkRange(place, spec);
  const conditions = checkConditions(place, spec, config.optimization.hyperparameter_search.search_space);
  // Whether the config takes the values is asked only where it is clear when they are drawn, and from where to where.
  const upsideDown = 'low' in spec && spec.low > spec.high;
  const fit = conditions.length > 0 || upsideDown ? [] : checkKey(place, key, config);
  return [...range, ...conditions, ...fit.filter((problem) => !range.some((earlier) => earlier.key === problem.key))];
}

function checkRange(prefix: string, spec: ParameterSpec): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const say = (key: string, sentence: string): void => {
    problems.push({ key: `${prefix}.${key}`, message: `${prefix}.${key} ${sentence}` });
  };
  if (spec.type === 'categorical') {
    const { choices } = spec;
    if (choices.length === 0) say('choices', 'is empty. Give it values to choose from, or remove the key.');
    choices.forEach((choice, i) => {
      if (choices.slice(0, i).some((earlier) => sameValue(earlier, choice)))
        say(`choices.${i}`, `is ${show(choice)}, which is a choice already. Remove one.`);
    });
  }
  if (spec.type === 'float' || spec.type === 'int') {
    const { low, high, log, step } = spec;
    if (low > high) say('low', `is ${show(low)}, above high, which is ${show(high)}. Swap them.`);
    if (log && low <= 0) say('low', `is ${show(low)}, and log needs values above 0. Raise low, or set log to false.`);
    if (log && step !== null && !(spec.type === 'int' && step === 1))
      say('step', `is ${show(step)}, and a range with log has no steps. Remove step, or set log to false.`);
  }
  return problems;
}

function checkConditions(prefix: string, { when }: ParameterSpec, space: SearchSpace): ConfigProblem[] {
  return Object.entries(when ?? {}).flatMap(([other, value]): ConfigProblem[] => {
    const key = `${prefix}.when.${other}`;
    if (!Object.hasOwn(space, other)) {
      const near = nearest(other, Object.keys(space));
      const remedy = near ? `Did you mean ${near}?` : `Add ${other} to the search space, or remove the condition.`;
      return [{ key, message: `${key} names a key that is not searched. ${remedy}` }];
    }
    const values = allowed(value);
    if (values.length === 0) return [{ key, message: `${key} is empty: ${other} can be none of it. Give it a value.` }];
    return values
      .filter((one) => !contains(space[other], one))
      .map((one) => ({
        key,
        message: `${key} is ${show(one)}, which ${other} is never; it is searched in ${rangeOf(space[other])}. Change one of the two.`,
      }));
  });
}

function checkCircle(space: SearchSpace): ConfigProblem[] {
  const { circle } = inOrder(space);
  // What hangs on a circle is not on it: walk until a key comes again.
  const walk: string[] = [];
  for (let key: string | undefined = circle.at(0); key !== undefined;) {
    const start = walk.indexOf(key);
    if (start >= 0) {
      const round = [...walk.slice(start), key].join(' → ');
      const place = `${KEY}.${key}.when`;
      return [{ key: place, message: `${place}: conditions go round in a circle: ${round}. Remove one of them.` }];
    }
    walk.push(key);
    key = Object.keys(space[key].when ?? {}).find((other) => circle.includes(other));
  }
  return [];
}

function rangeOf(spec: ParameterSpec): string {
  if (spec.type === 'bool') return 'true, false';
  if (spec.type === 'categorical') return spec.choices.map(show).join(', ');
  return `${show(spec.low)} to ${show(spec.high)}${spec.step !== null && spec.step !== 1 ? ` by ${show(spec.step)}` : ''}`;
}
