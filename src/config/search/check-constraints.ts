/** Whether the constraints of a search can be read, and whether anything meets them. */
import { LatheError } from '../../base/errors';
import { randomStream } from '../../base/random';
import type { ConfigProblem } from '../explain';
import type { RunConfig } from '../schema';
import { compileConstraint, type Constraint } from './expression';
import { conditionsOf, drawer, inOrder, isActive } from './ranges';
import type { ParameterValue, SearchSpace } from './space';

const KEY = 'optimization.hyperparameter_search.constraints';

/** Draws before a constraint is taken for one that nothing meets: a sampler would draw as often for a single trial. */
const DRAWS = 2_000;

/** Problems of the constraints. @param drawable Whether the ranges are sound, so that values can be drawn from them. */
export function checkConstraints(config: RunConfig, drawable: boolean): ConfigProblem[] {
  const { constraints, search_space: space } = config.optimization.hyperparameter_search;
  const problems: ConfigProblem[] = [];
  const readable: { key: string; constraint: Constraint }[] = [];
  constraints.forEach((text, i) => {
    const key = `${KEY}.${i}`;
    try {
      readable.push({ key, constraint: compileConstraint(text, Object.keys(space)) });
    } catch (error) {
      if (!(error instanceof LatheError)) throw error;
      problems.push({ key, message: `${key}: ${error.message}` });
    }
  });
  if (!drawable || problems.length > 0 || readable.length === 0) return problems;

  const all = readable.map(({ constraint }) => constraint);
  if (canBeMet(space, all)) return [];
  const hopeless = readable.filter(({ constraint }) => all.length === 1 || !canBeMet(space, [constraint]));
  const tried = `none of ${DRAWS.toLocaleString('en')} draws from the search space`;
  if (hopeless.length === 0) {
    return [{ key: KEY, message: `${KEY}: ${tried} meets all of them together. Loosen one, or widen a range.` }];
  }
  return hopeless.map(({ key, constraint }) => ({
    key,
    message: `${key}: “${constraint.text}” is met by ${tried}. Loosen it, or widen a range.`,
  }));
}

/** Whether some draw of the parameters that `constraints` name, and of those that these depend on, meets them all. */
function canBeMet(space: SearchSpace, constraints: Constraint[]): boolean {
  const named = constraints.flatMap(({ keys }) => keys);
  const involved = new Set(named.flatMap((key) => [key, ...conditionsOf(space, key).keys()]));
  const random = randomStream(0, 'constraints');
  const parameters = inOrder(space)
    .order.filter((key) => involved.has(key))
    .map((key) => ({ key, spec: space[key], draw: drawer(space[key], random) }));
  for (let i = 0; i < DRAWS; i++) {
    const params: Record<string, ParameterValue> = {};
    for (const { key, spec, draw } of parameters) if (isActive(spec, params)) params[key] = draw();
    if (constraints.every((constraint) => constraint.holds(params))) return true;
  }
  return false;
}
