/** Settings of every sampler. To add one: its settings here, its algorithm in `sweeps/samplers/`. */
import * as v from 'valibot';
import { flag, integer, number, positive } from '../field';

const startup = (count: number) =>
  v.optional(integer('Trials that are drawn at random before the sampler begins', 0), count);

const random = v.pipe(v.strictObject({ name: v.literal('random') }), v.description('Draws every trial anew'));

const grid = v.pipe(
  v.strictObject({ name: v.literal('grid') }),
  v.description('Tries every combination once, in a seeded order'),
);

const qmc = v.pipe(
  v.strictObject({
    name: v.literal('qmc'),
    scramble: v.optional(flag('Shifts the sequence by the seed, so that seeds differ'), true),
  }),
  v.description('Spreads trials evenly: a Sobol sequence'),
);

const tpe = v.pipe(
  v.strictObject({
    name: v.literal('tpe'),
    multivariate: v.optional(flag('Models parameters together rather than each alone'), true),
    constant_liar: v.optional(flag('Counts running trials as poor ones, so that parallel trials differ'), true),
    n_startup_trials: startup(10),
    n_ei_candidates: v.optional(integer('Candidates drawn for a suggestion', 1, 10_000), 24),
  }),
  v.description('Draws where good trials lie more densely than poor ones: tree-structured Parzen estimators'),
);

const cmaes = v.pipe(
  v.strictObject({
    name: v.literal('cmaes'),
    n_startup_trials: startup(1),
    population: v.optional(v.nullable(integer('Trials a generation; null: 4 + ⌊3 ln n⌋', 2)), null),
    sigma: v.optional(v.nullable(positive('First step size, as a share of the range; null: a sixth', 1)), null),
  }),
  v.description('Adapts a normal distribution to the good trials: CMA-ES; for numbers'),
);

const nsga2 = v.pipe(
  v.strictObject({
    name: v.literal('nsga2'),
    population: v.optional(integer('Trials a generation', 2), 50),
    mutation: v.optional(v.nullable(number('Chance that a parameter is drawn anew; null: 1/n', 0, 1)), null),
    crossover: v.optional(number('Chance that two parents are crossed', 0, 1), 0.9),
    swapping: v.optional(number('Chance that a parameter comes from the second parent', 0, 1), 0.5),
  }),
  v.description('Evolves a population towards the Pareto front: for several objectives'),
);

const gp = v.pipe(
  v.strictObject({ name: v.literal('gp'), n_startup_trials: startup(10) }),
  v.description('Fits a Gaussian process and tries where it expects most improvement: for few, costly trials'),
);

/** Settings of every sampler. */
export const samplers = v.variant('name', [tpe, random, grid, qmc, cmaes, nsga2, gp]);

/** Settings of a sampler, all defaults filled in. */
export type SamplerConfig = v.InferOutput<typeof samplers>;
