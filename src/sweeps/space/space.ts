/** A search space: parameters in an order in which conditions come before what depends on them, and constraints. */
import { compileConstraint, type Constraint } from '../../config/search/expression';
import { allowed, contains, inOrder, sameValue } from '../../config/search/ranges';
import type { ParameterValue, SearchSpace } from '../../config/search/space';
import type { RandomStream } from '../../base/random';
import type { TrialParams } from '../../store/study';
import { distributionOf, fromAxis, interval, type Distribution } from './distribution';

/** One parameter. */
export interface Parameter {
  /** Its key in the run config. */
  key: string;
  distribution: Distribution;
  /** It is searched only where each of these parameters has one of these values. */
  when: { key: string; values: ParameterValue[] }[];
}

/** Tries before a constraint is taken for one that nothing meets. */
const MAX_TRIES = 10_000;

/** A search space. */
export class Space {
  /** Conditions come before what depends on them. */
  readonly parameters: readonly Parameter[];
  readonly #byKey: ReadonlyMap<string, Parameter>;
  readonly #constraints: readonly Constraint[];

  /** @param constraints Conditions over parameters (see `config/search/expression.ts`). Both were checked before. */
  constructor(space: SearchSpace, constraints: readonly string[] = []) {
    const { order, circle } = inOrder(space);
    if (circle.length > 0) {
      throw new Error(`Conditions of the search space go round in a circle: ${circle.join(', ')}.`);
    }
    this.parameters = order.map((key) => ({
      key,
      distribution: distributionOf(space[key]),
      when: Object.entries(space[key].when ?? {}).map(([other, value]) => ({ key: other, values: allowed(value) })),
    }));
    this.#byKey = new Map(this.parameters.map((parameter) => [parameter.key, parameter]));
    this.#constraints = constraints.map((text) => compileConstraint(text, Object.keys(space)));
  }

  /** The parameter of a key, if it is searched. */
  get(key: string): Parameter | undefined {
    return this.#byKey.get(key);
  }

  /** Parameters that every trial has. */
  get unconditional(): Parameter[] {
    return this.parameters.filter(({ when }) => when.length === 0);
  }

  /** Whether `parameter` is searched where the others have the values of `params`. */
  isActive({ when }: Parameter, params: TrialParams): boolean {
    return when.every(({ key, values }) => key in params && values.some((value) => sameValue(value, params[key])));
  }

  /** Whether `params` meets all constraints; one that names a parameter which is not active holds. */
  allows(params: TrialParams): boolean {
    return this.#constraints.every((constraint) => constraint.holds(params));
  }

  /** Whether every value of `params` can be taken, and exactly the active parameters have one. */
  contains(params: TrialParams): boolean {
    const active = this.parameters.filter((parameter) => this.isActive(parameter, params));
    return (
      active.length === Object.keys(params).length &&
      active.every(({ key, distribution }) => key in params && contains(distribution, params[key])) &&
      this.allows(params)
    );
  }

  /**
   * Values for the active parameters, in order: `choose` gives each, knowing those before it. What is in `fixed` stays.
   * Drawn again while constraints are not met.
   * @throws Error where `MAX_TRIES` draws met none.
   */
  fill(choose: (parameter: Parameter, before: TrialParams) => ParameterValue, fixed: TrialParams = {}): TrialParams {
    for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
      const params: TrialParams = {};
      for (const parameter of this.parameters) {
        const { key } = parameter;
        if (!this.isActive(parameter, params)) continue;
        params[key] = key in fixed ? fixed[key] : choose(parameter, params);
      }
      if (this.allows(params)) return params;
    }
    throw new Error(`None of ${MAX_TRIES} draws met the constraints of the search space.`);
  }
}

/** A value drawn uniformly, by its logarithm where the distribution is logarithmic. */
export function drawUniform(distribution: Distribution, random: RandomStream): ParameterValue {
  if (distribution.type === 'categorical') return distribution.choices[random.integer(distribution.choices.length)];
  const [low, high] = interval(distribution);
  return fromAxis(distribution, low + random.uniform() * (high - low));
}
