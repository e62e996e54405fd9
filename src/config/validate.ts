/** A document against the schema: fills in defaults, finds what is unknown or wrong. */
import * as v from 'valibot';
import { LatheError } from '../base/errors';
import { checkDistributed } from './check-distributed';
import { checkLogging } from './check-logging';
import { dedupe, explain, listsAsSections, type ConfigProblem } from './explain';
import { runConfigSchema, type RunConfig } from './schema';
import { withDefaultTags } from './tags';

/** Either the complete config or every problem of the document. */
export type ParsedConfig = { ok: true; config: RunConfig } | { ok: false; problems: ConfigProblem[] };

/** Holds `document` against the schema, and what the schema cannot say; a search in it is not looked into. */
export function validateDocument(document: unknown): ParsedConfig {
  const input = withDefaultTags(runConfigSchema, document);
  const lists = listsAsSections(runConfigSchema, input);
  if (lists.length > 0) return { ok: false, problems: lists };
  const result = v.safeParse(runConfigSchema, input ?? {});
  if (!result.success) return { ok: false, problems: dedupe(result.issues.map((issue) => explain(issue))) };
  const problems = [...checkLogging(result.output), ...checkDistributed(result.output)];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config: result.output };
}

/** The error that says all of `problems`, its `details` one sentence per problem. */
export function problemsError(problems: ConfigProblem[], file?: string): LatheError {
  const details = problems.map((problem) => problem.message);
  const [first] = problems;
  const rest = details.length > 1 ? ` (and ${details.length - 1} more: ${details.slice(1).join(' ')})` : '';
  return new LatheError(
    'config',
    `${file ? `${file}: ` : ''}${first.message}${rest}`,
    { file, key: first.key },
    details,
  );
}
