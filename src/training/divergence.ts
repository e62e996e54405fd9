/** When the numbers of a run have left the range in which training makes sense. */
import { LatheError } from '../base/errors';

/** Times that the loss may exceed the first one (or 1, if that was less). */
const MOST_GROWTH = 1e5;

/**
 * Checks one update.
 * @throws LatheError of kind `diverged` that names the step.
 */
export function checkDivergence(
  step: number,
  loss: number,
  gradientNorm: number,
  firstLoss: number,
  rate: number,
): void {
  if (!Number.isFinite(loss)) throw diverged(step, `the loss is ${loss}`, rate);
  if (!Number.isFinite(gradientNorm)) throw diverged(step, `the gradient’s norm is ${gradientNorm}`, rate);
  if (loss > MOST_GROWTH * Math.max(1, firstLoss)) {
    throw diverged(step, `the loss rose from ${firstLoss.toPrecision(3)} to ${loss.toPrecision(3)}`, rate);
  }
}

/** The error of an update with NaN or infinity in it; `place` names where they arose. */
export function notFinite(step: number, loss: number, place: string, rate: number): LatheError {
  const what = Number.isFinite(loss) ? 'the gradient is not finite' : `the loss is ${loss}`;
  return diverged(step, `${what}; ${place}`, rate);
}

/** The error of a run whose weights are no numbers any more. */
export function weightsDiverged(step: number, rate: number): LatheError {
  return diverged(step, 'some weights are not finite any more', rate);
}

function diverged(step: number, what: string, rate: number): LatheError {
  return new LatheError(
    'diverged',
    `The run diverged at step ${step}: ${what}. Lower training.optimizer.learning_rate (now ${rate}), or clip gradients (training.gradient_clip).`,
    { key: 'training.optimizer.learning_rate' },
  );
}

/** Whether every number is finite. */
export function allFinite(values: Float32Array): boolean {
  for (const value of values) if (!Number.isFinite(value)) return false;
  return true;
}
