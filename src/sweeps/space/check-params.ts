/** Values that people choose for a trial. */
import { LatheError } from '../../base/errors';
import type { TrialParams } from '../../store/study';
import { contains } from '../../config/search/ranges';
import type { Space } from './space';

/**
 * Checks values of some or all parameters.
 * @throws LatheError of kind `config` that names the first value which a parameter cannot take.
 */
export function checkParams(space: Space, params: TrialParams, place = ''): void {
  for (const [key, value] of Object.entries(params)) {
    const parameter = space.get(key);
    if (!parameter) throw new LatheError('config', `${place}${key} is not searched in this study.`, { key });
    if (!contains(parameter.distribution, value)) {
      throw new LatheError(
        'config',
        `${place}${key} is ${JSON.stringify(value)}, which is outside of what is searched.`,
        { key },
      );
    }
  }
}
