/** A profile's finding in words: what holds training up, the figures behind it, and what would help. */
import type { Ceilings, OperationTime, ProfileReport } from '../../store/profile';

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
    case 'memory': {
      const { words, far } = slowest(kernels, 'memory', ceilings);
      const remedy = far ? FAR : 'Mixed precision, where it is off, halves the bytes of activations.';
      return `Memory is the bottleneck: ${share} of a step of ${ms(step.wall_ms)} is spent in kernels that move more than they compute${words}. ${remedy}`;
    }
    case 'arithmetic': {
      if (method === 'none') {
        return `The device is the bottleneck: ${share} of a step of ${ms(step.wall_ms)} is computing. Kernels cannot be timed here, so what bounds them is not known.`;
      }
      const { words, far } = slowest(kernels, 'arithmetic', ceilings);
      const remedy = far ? FAR : 'A smaller model, or a faster device, would help.';
      return `Arithmetic is the bottleneck: ${share} of a step of ${ms(step.wall_ms)} is spent in kernels that compute more than they move${words}. ${remedy}`;
    }
  }
}

/** Share of a ceiling below which a kernel is held up by something else than the ceiling. */
const FAR_BELOW = 0.25;
const FAR = 'That is far below what it can do: a larger batch size may make better use of it.';

/** `; the slowest, NAME, reaches …`, and whether that is far from the ceiling. */
function slowest(
  kernels: OperationTime[],
  bound: 'memory' | 'arithmetic',
  ceilings: Ceilings | null,
): { words: string; far: boolean } {
  const kernel = kernels.find((candidate) => candidate.bound === bound);
  if (!kernel || !ceilings || kernel.ms === 0) return { words: '', far: false };
  const seconds = kernel.ms / 1e3;
  const [reached, ceiling, unit] =
    bound === 'memory'
      ? [kernel.bytes / seconds, ceilings.bytes_per_second, 'GB/s']
      : [kernel.flops / seconds, ceilings.flops_per_second, 'GFLOP/s'];
  const words = `; the slowest, ${kernel.kernel}, reaches ${giga(reached)} of the ${giga(ceiling)} ${unit} that this adapter was measured at`;
  return { words, far: reached < FAR_BELOW * ceiling };
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;
const ms = (value: number): string => `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ms`;
const giga = (perSecond: number): string => {
  const value = perSecond / 1e9;
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
};
