/** Draws some parameters of a trial together and the others one by one. */
import type { ParameterValue } from '../../config/search/space';
import type { TrialParams } from '../../store/study';
import type { Parameter, Space } from '../space/space';

/**
 * Fills `space`: what `draw` gives is taken for its keys, `choose` gives the other values. Where constraints are not met, all
 * is drawn again.
 * @param draw Gets the number of the attempt, from 0.
 * @throws Error where no attempt met the constraints.
 */
export function fillJointly(
  space: Space,
  draw: (attempt: number) => TrialParams,
  choose: (parameter: Parameter) => ParameterValue,
  fixed: TrialParams,
): TrialParams {
  let attempt = 0;
  let latest: TrialParams | null = null;
  let drawn: TrialParams = {};
  return space.fill((parameter, before) => {
    // Every attempt fills an object of its own.
    if (before !== latest) {
      latest = before;
      drawn = draw(attempt++);
    }
    return parameter.key in drawn ? drawn[parameter.key] : choose(parameter);
  }, fixed);
}
