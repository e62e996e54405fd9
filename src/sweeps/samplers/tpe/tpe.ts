/**
 * Tree-structured Parzen estimators: of candidates drawn where good trials lie, the one where good trials lie most densely
 * compared with all others. Bergstra et al. (2011), “Algorithms for hyper-parameter optimization”; the kernels, weights and
 * split are those of Optuna 5 (Watanabe 2023, arXiv:2304.11127).
 */
import { randomStream, type RandomStream } from '../../../base/random';
import type { SamplerConfig } from '../../../config/search/samplers';
import type { TrialParams, TrialRow } from '../../../store/study';
import { cardinality } from '../../../config/search/ranges';
import { fromInternal } from '../../space/distribution';
import { drawUniform, type Parameter, type Space } from '../../space/space';
import type { Sampler, StudyView } from '../sampler';
import { Observations } from './observations';
import { ParzenEstimator, recencyWeights } from './parzen-estimator';
import { splitTrials, type Split } from './split';

type TpeConfig = Extract<SamplerConfig, { name: 'tpe' }>;

/** Rounds of candidates before a constraint is taken for one that none of them will meet. */
const MAX_ROUNDS = 20;

/** Beginnings anew before a trial is drawn at random: what was drawn first may leave nothing that meets the constraints. */
const MAX_STARTS = 20;

/** The TPE sampler. */
export function tpeSampler(settings: TpeConfig): Sampler {
  return {
    suggest(study, number, fixed) {
      const { seed, space } = study;
      const random = randomStream(seed, 'trial', number);
      const known = study.trials.filter((trial) => trial.number !== number && isKnown(trial, settings));
      const ended = known.filter(({ state }) => state !== 'running');
      if (ended.length >= settings.n_startup_trials) {
        const model = new Model(study, known, settings.n_ei_candidates);
        const groups = settings.multivariate ? jointly(space, fixed) : space.parameters.map((parameter) => [parameter]);
        for (let start = 0; start < MAX_STARTS; start++) {
          const params = model.fill(groups, fixed, random);
          if (params) return { params };
        }
      }
      return { params: space.fill(({ distribution }) => drawUniform(distribution, random), fixed) };
    },
  };
}

/** Whether a trial is learnt from. */
const isKnown = ({ state }: TrialRow, settings: TpeConfig): boolean =>
  state === 'running' ? settings.constant_liar : state !== 'waiting';

/** Parameters that every trial has together, those that depend on others each alone. What is fixed is not modelled. */
function jointly(space: Space, fixed: TrialParams): Parameter[][] {
  const together = space.unconditional.filter((parameter) => !(parameter.key in fixed) && !isSingle(parameter));
  const alone = space.parameters.filter((parameter) => !together.includes(parameter));
  return [together, ...alone.map((parameter) => [parameter])].filter((group) => group.length > 0);
}

const isSingle = ({ distribution }: Parameter): boolean => cardinality(distribution) === 1;

/** Good and poor trials of one study, and where they lie. */
class Model {
  readonly #study: StudyView;
  readonly #observations: Observations;
  readonly #split: Split;
  readonly #candidates: number;
  readonly #estimators = new Map<Parameter, { below: ParzenEstimator; above: ParzenEstimator }>();

  constructor(study: StudyView, trials: readonly TrialRow[], candidates: number) {
    this.#study = study;
    this.#observations = new Observations(study.space, trials);
    this.#split = splitTrials(trials, study.directions);
    this.#candidates = candidates;
  }

  /** Values for all active parameters, group by group; null where a group finds none that meet the constraints. */
  fill(groups: readonly Parameter[][], fixed: TrialParams, random: RandomStream): TrialParams | null {
    const { space } = this.#study;
    let params: TrialParams = {};
    // Values of parameters that every trial has are known to the constraints from the start.
    for (const { key } of space.unconditional) if (key in fixed) params[key] = fixed[key];
    for (const group of groups) {
      const [first] = group;
      if (first.key in params || !space.isActive(first, params)) continue;
      if (first.key in fixed) params[first.key] = fixed[first.key];
      else if (isSingle(first)) params[first.key] = drawUniform(first.distribution, random);
      else {
        const better = this.#choose(group, params, random);
        if (!better) return null;
        params = better;
      }
    }
    if (!space.allows(params)) return null;
    return Object.fromEntries(space.parameters.filter(({ key }) => key in params).map(({ key }) => [key, params[key]]));
  }

  /** `params` with the best candidate for `group`; null where no candidate meets the constraints. */
  #choose(group: readonly Parameter[], params: TrialParams, random: RandomStream): TrialParams | null {
    const { below, above } = this.#estimatorsOf(group);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      let best: TrialParams | null = null;
      let highest = -Infinity;
      const tried = new Set<number>();
      for (let candidate = 0; candidate < this.#candidates; candidate++) {
        const point = below.draw(random);
        // Few values along one parameter: most candidates come again.
        if (group.length === 1 && tried.has(point[0])) continue;
        tried.add(point[0]);
        const score = below.logPdf(point) - above.logPdf(point);
        if (best && !(score > highest)) continue;
        const filled = { ...params };
        group.forEach(({ key, distribution }, i) => (filled[key] = fromInternal(distribution, point[i])));
        if (!this.#study.space.allows(filled)) continue;
        best = filled;
        highest = score;
      }
      if (best) return best;
    }
    return null;
  }

  #estimatorsOf(group: readonly Parameter[]): { below: ParzenEstimator; above: ParzenEstimator } {
    let estimators = this.#estimators.get(group[0]);
    if (!estimators) {
      const { directions } = this.#study;
      // Of several objectives none says which good trial is better: all weigh the same.
      const equal = directions.length > 1;
      estimators = {
        below: this.#estimate(group, this.#split.below, equal ? (n) => new Float64Array(n).fill(1) : recencyWeights),
        above: this.#estimate(group, this.#split.above, recencyWeights),
      };
      this.#estimators.set(group[0], estimators);
    }
    return estimators;
  }

  /** Where those trials at `places` lie that have a value for every parameter of the group. */
  #estimate(
    group: readonly Parameter[],
    places: readonly number[],
    weights: (n: number) => Float64Array,
  ): ParzenEstimator {
    const { columns, count } = this.#observations.select(group, places);
    return new ParzenEstimator(
      group.map(({ distribution }) => distribution),
      columns,
      weights(count),
    );
  }
}
