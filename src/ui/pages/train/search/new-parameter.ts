/** The range of a setting that was not searched until now. */
import type { ParameterSpec } from '../../../../config/search/space';
import type { Draft } from '../draft.svelte';
import { defaultSpec } from './default-range';
import { available, fitTo, presentValue, type Searchable } from './searchable';
import { choicesOf, conditionOf } from './space-document';

/** Its usual range around its present value, under the condition that the setting exists at all. */
export function newParameter(draft: Pick<Draft, 'value' | 'space' | 'dataset'>, setting: Searchable): ParameterSpec {
  const spec = defaultSpec(
    fitTo(setting, draft.dataset) ?? setting,
    presentValue(setting.key, (path) => draft.value(path, setting.default)),
  );
  // Of all variants that a trial can have, not only of that which was found first.
  const offered = available(
    (path, fallback) => draft.value(path, fallback),
    (key) => choicesOf(draft.space[key]),
  ).find(({ key }) => key === setting.key);
  return { ...spec, when: conditionOf((offered ?? setting).requires, draft.space) };
}
