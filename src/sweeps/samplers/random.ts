/** Draws every trial anew, uniformly (by the logarithm where a range is logarithmic). */
import { randomStream } from '../../base/random';
import { drawUniform } from '../space/space';
import type { Sampler } from './sampler';

/** The random sampler. */
export function randomSampler(): Sampler {
  return {
    suggest({ seed, space }, number, fixed) {
      const random = randomStream(seed, 'trial', number);
      return { params: space.fill(({ distribution }) => drawUniform(distribution, random), fixed) };
    },
  };
}
