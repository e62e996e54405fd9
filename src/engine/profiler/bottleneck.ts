/** A profile's finding in words: what holds training up, the figures behind it, and what would help. */
import type { Bottleneck, Ceilings, OperationTime, ProfileReport } from '../../store/profile';

/** What the sentence speaks of. */
type Findings = Pick<ProfileReport, 'method' | 'step' | 'shares' | 'bottleneck' | 'ceilings' | 'kernels'>;

/** Names the bottleneck. */
export function describeBottleneck({ method, step, shares, bottleneck, ceilings, kernels }: Findings): string {
  const share = percent(shares[bottleneck]);
  switch (bottleneck) {
    case 'input':
      return `Input is the bottleneck: for ${share} of a step of ${ms(step.wall_ms)} the device waits for the next batch. Smaller inputs, or fewer steps to prepare each, would help.`;
    case 'dispatch':
      return `Dispatch is the bottleneck: ${share} of a step of ${ms(step.wall_ms)} goes into queueing and launching ${step.dispatches} kernels and reading the results back, not into the kernels’ own work. A larger batch size gives each kernel more to do.`;
    case 'memory':
      return `Memory is the bottleneck: ${share} of a step of ${ms(step.wall_ms)} is spent in kernels that move more than they compute${slowest(kernels, 'memory', ceilings)}. Mixed precision, where it is off, halves the bytes of activations.`;
    case 'arithmetic':
      if (method === 'none') {
        return `The device is the bottleneck: ${share} of a step of ${ms(step.wall_ms)} is computing. Kernels cannot be timed here, so what bounds them is not known.`;
      }
      return `Arithmetic is the bottleneck: ${share} of a step of ${ms(step.wall_ms)} is spent in kernels that compute more than they move${slowest(kernels, 'arithmetic', ceilings)}. A smaller model, or a faster device, would help.`;
  }
}

/** `; the slowest, NAME, reaches …`. */
function slowest(kernels: OperationTime[], bound: Bottleneck, ceilings: Ceilings | null): string {
  const kernel = kernels.find((candidate) => candidate.bound === bound);
  if (!kernel || !ceilings || kernel.ms === 0) return '';
  const seconds = kernel.ms / 1e3;
  const [reached, ceiling, unit] =
    bound === 'memory'
      ? [kernel.bytes / seconds, ceilings.bytes_per_second, 'GB/s']
      : [kernel.flops / seconds, ceilings.flops_per_second, 'GFLOP/s'];
  return `; the slowest, ${kernel.kernel}, reaches ${giga(reached)} of the ${giga(ceiling)} ${unit} that this adapter was measured at`;
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;
const ms = (value: number): string => `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ms`;
const giga = (perSecond: number): string => {
  const value = perSecond / 1e9;
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
};
