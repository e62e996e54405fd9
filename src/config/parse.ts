/** Validation of a run config: fills in defaults, refuses what is unknown or wrong, reports all problems at once. */
import type { RunConfig } from './schema';
import { checkSearch } from './search/check';
import { problemsError, validateDocument, type ParsedConfig } from './validate';

export type { ConfigProblem } from './explain';
export type { ParsedConfig } from './validate';

/** Validates `document` (a parsed YAML or JSON document; null counts as an empty one), its search with it. */
export function checkConfig(document: unknown): ParsedConfig {
  const result = validateDocument(document);
  if (!result.ok || !result.config.optimization.hyperparameter_search.enabled) return result;
  const problems = checkSearch(result.config);
  return problems.length > 0 ? { ok: false, problems } : result;
}

/**
 * Validates `input` and fills in defaults.
 * @throws LatheError of kind `config`, its `details` one sentence per problem.
 */
export function parseConfig(input: unknown, file?: string): RunConfig {
  const result = checkConfig(input);
  if (result.ok) return result.config;
  throw problemsError(result.problems, file);
}
