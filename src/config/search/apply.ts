/** The run config of a trial: that of the study with the trial's values in it. */
import { problemsError, validateDocument } from '../validate';
import { setPath } from '../path';
import type { RunConfig } from '../schema';
import type { ParameterValue } from './space';

/**
 * The config of one trial, which is that of a run like any other: without the search. Where a trial chooses another variant
 * of a section (an optimizer, an architecture), the settings of the old variant that the new one has too stay as far as
 * they were written by the user; the rest takes the new variant's defaults.
 * @throws LatheError of kind `config` when the values do not fit the config.
 */
export function trialConfig(config: RunConfig, params: Record<string, ParameterValue>): RunConfig {
  let document: unknown = { ...config, optimization: {} };
  for (const [key, value] of Object.entries(params)) document = setPath(document, key, value);
  const result = validateDocument(document);
  if (result.ok) return result.config;
  throw problemsError(result.problems);
}
