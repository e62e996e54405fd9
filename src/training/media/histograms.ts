/** Histograms of what is trained, and of the gradients that the last update went by. */
import type { Arena } from '../../engine/arena/arena';
import { binNumbers, type BinnedNumbers } from '../../engine/histogram/bins';
import { deviceHistograms } from '../../engine/histogram/device-histograms';
import { latheBackend } from '../../engine/ops/lathe-backend';
import type { BufferRange } from '../../engine/webgpu-backend';
import type { Model, ModelWeight } from '../../models/model';
import type { MediaContent } from '../../store/media';

/** Where gradients stay until the next update. */
export type LastGradients = Pick<Arena, 'gradientRange' | 'readGradients' | 'readResult'>;

/** Takes a histogram under a name. */
export type TakeMedia = (name: string, content: MediaContent) => void;

/** Tells what is worth knowing about what was recorded. */
export type Warn = (message: string) => void;

const trainedOf = ({ weights }: Model): ModelWeight[] =>
  weights.filter(({ trainable, variable }) => trainable && variable.size > 0);

/** Histograms of every trained tensor of a model: `weights/dense_1/kernel`. On WebGPU the tensors stay on the device. */
export async function weightHistograms(model: Model, take: TakeMedia, warn: Warn): Promise<void> {
  const backend = latheBackend();
  const weights = trainedOf(model);
  const binned = backend
    ? await deviceHistograms(
        backend,
        weights.map(({ variable }) => ({ ...backend.rangeOf(variable), size: 4 * variable.size })),
      )
    : await Promise.all(weights.map(async ({ variable }) => binNumbers(await variable.data<'float32'>())));
  hand('weights', weights, binned, 1, take, warn);
}

/**
 * Histograms of the gradient of each trained tensor, before clipping: `gradients/dense_1/kernel`. On WebGPU they stay on the
 * device.
 * @param gradients Those of an update that has landed.
 */
export async function gradientHistograms(
  model: Model,
  gradients: LastGradients,
  take: TakeMedia,
  warn: Warn,
): Promise<void> {
  const backend = latheBackend();
  // Places of variables are those among all that are trained, empty ones included.
  const trained = model.weights.filter(({ trainable }) => trainable);
  const places = trained.flatMap(({ variable }, i) => (variable.size > 0 ? [i] : []));
  const ranges = places
    .map((i) => gradients.gradientRange(i, i + 1))
    .filter((range): range is BufferRange => range !== null);
  const binned =
    backend && ranges.length === places.length
      ? await deviceHistograms(backend, ranges)
      : await Promise.all(places.map(async (i) => binNumbers(await gradients.readGradients(i, i + 1))));
  const { lossScale } = await gradients.readResult();
  hand('gradients', trainedOf(model), binned, 1 / lossScale, take, warn);
}

/** @param factor What the numbers are to be multiplied with; a power of two, so that bins stay what they are. */
function hand(
  group: string,
  weights: readonly ModelWeight[],
  binned: readonly (BinnedNumbers | null)[],
  factor: number,
  take: TakeMedia,
  warn: Warn,
): void {
  const broken: string[] = [];
  weights.forEach(({ name, variable }, i) => {
    const found = binned[i];
    const leftOut = found ? found.left_out : variable.size;
    if (leftOut > 0) {
      broken.push(`${leftOut.toLocaleString('en')} of ${variable.size.toLocaleString('en')} of ${group}/${name}`);
    }
    if (!found) return;
    take(`${group}/${name}`, {
      kind: 'histogram',
      edges: found.edges.map((edge) => edge * factor),
      counts: found.counts,
      min: found.min * factor,
      max: found.max * factor,
      count: found.count,
      sum: found.sum * factor,
      sum_squares: found.sum_squares * factor * factor,
    });
  });
  if (broken.length === 0) return;
  const more = broken.length > 3 ? ` and in ${broken.length - 3} more` : '';
  warn(`Histograms leave out what is no finite number: ${broken.slice(0, 3).join(', ')}${more}.`);
}
