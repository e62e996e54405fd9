/**
 * Quasi-Monte Carlo: trials are the points of a Sobol sequence, one dimension a parameter, conditional ones included. It
 * spreads trials more evenly than chance does. Spaces with more parameters than there are direction numbers draw the rest at
 * random.
 */
import { deriveSeed, randomStream } from '../../../base/random';
import type { SamplerConfig } from '../../../config/search/samplers';
import type { ParameterValue } from '../../../config/search/space';
import { fromAxis, interval, type Distribution } from '../../space/distribution';
import type { TrialParams } from '../../../store/study';
import { drawUniform } from '../../space/space';
import type { Sampler, StudyView } from '../sampler';
import { MOST_DIMENSIONS, sobol } from './sobol';

type QmcConfig = Extract<SamplerConfig, { name: 'qmc' }>;

/** Where a trial notes its point, so that the next one takes the next. */
const INDEX = 'qmc_index';

/** The sampler of Sobol points. Points that break constraints are passed over. */
export function qmcSampler({ scramble }: QmcConfig): Sampler {
  return {
    suggest(study, number, fixed) {
      const { seed, space } = study;
      const random = randomStream(seed, 'trial', number);
      const dimensions = new Map(space.parameters.map(({ key }, dimension) => [key, dimension]));
      let index = nextIndex(study) - 1;
      let point: TrialParams | null = null;
      const params = space.fill(({ key, distribution }, before) => {
        // What `fill` begins anew is the next point.
        if (before !== point) index++;
        point = before;
        const dimension = dimensions.get(key) ?? 0;
        if (dimension >= MOST_DIMENSIONS) return drawUniform(distribution, random);
        return valueAt(distribution, sobol(index, dimension, scramble ? deriveSeed(seed, 'qmc', dimension) : 0));
      }, fixed);
      // Nothing was chosen where everything is fixed.
      return point ? { params, attributes: { [INDEX]: index } } : { params };
    },
  };
}

/** The first point that no trial of the study took. */
function nextIndex({ trials }: StudyView): number {
  return trials.reduce((next, { number, attributes }) => {
    const index = number >= 0 ? attributes[INDEX] : null;
    return typeof index === 'number' ? Math.max(next, index + 1) : next;
  }, 0);
}

/** The value at a share of the parameter's range. */
function valueAt(distribution: Distribution, share: number): ParameterValue {
  if (distribution.type === 'categorical') return distribution.choices[Math.floor(share * distribution.choices.length)];
  const [low, high] = interval(distribution);
  return fromAxis(distribution, low + share * (high - low));
}
