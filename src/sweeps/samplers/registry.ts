/** Every sampler by its name. */
import type { SamplerConfig } from '../../config/search/samplers';
import { cmaesSampler } from './cmaes/sampler';
import { gridSampler } from './grid';
import { qmcSampler } from './qmc/qmc';
import { gpSampler } from './gp/sampler';
import { nsga2Sampler } from './nsga2/sampler';
import { randomSampler } from './random';
import type { Sampler } from './sampler';
import { tpeSampler } from './tpe/tpe';

type Name = SamplerConfig['name'];
type Factory<N extends Name> = (settings: Extract<SamplerConfig, { name: N }>) => Sampler;

const SAMPLERS: { [N in Name]: Factory<N> } = {
  random: randomSampler,
  grid: gridSampler,
  qmc: qmcSampler,
  tpe: tpeSampler,
  cmaes: cmaesSampler,
  nsga2: nsga2Sampler,
  gp: gpSampler,
};

/** The sampler that `settings` describes. */
export function createSampler<N extends Name>(settings: Extract<SamplerConfig, { name: N }>): Sampler {
  const factory: Factory<N> = SAMPLERS[settings.name];
  return factory(settings);
}
