/** Lines of an Optuna journal, checked: what each operation must have. */
import * as v from 'valibot';
import { OP } from './optuna-codes';
import { parsePythonJson } from './python-json';

const id = v.pipe(v.number(), v.integer(), v.minValue(0));
const number = v.union([v.number(), v.nan()]);
const values = v.nullish(v.array(number), null);
const attributes = v.record(v.string(), v.unknown());
const state = v.picklist([0, 1, 2, 3, 4]);

/** Milliseconds since the epoch. Without an offset, as older files have it, it is local time. */
const time = v.nullish(
  v.pipe(
    v.string(),
    // Engines need read no more than milliseconds.
    v.transform((text) => Date.parse(text.replace(/(\.\d{3})\d+/, '$1'))),
    v.finite(),
  ),
  null,
);

/** By op_code. Distributions are JSON within JSON and stay text here. */
const OPERATIONS = [
  v.object({
    op_code: v.literal(OP.createStudy),
    study_name: v.string(),
    directions: v.pipe(v.array(v.picklist([1, 2])), v.minLength(1)),
  }),
  v.object({ op_code: v.literal(OP.deleteStudy), study_id: id }),
  v.object({ op_code: v.literal(OP.studyUserAttribute), study_id: id, user_attr: attributes }),
  v.object({ op_code: v.literal(OP.studySystemAttribute), study_id: id, system_attr: attributes }),
  v.object({
    op_code: v.literal(OP.createTrial),
    study_id: id,
    state: v.optional(state, 0),
    value: v.nullish(number, null),
    values,
    datetime_start: time,
    datetime_complete: time,
    params: v.optional(v.record(v.string(), number), {}),
    distributions: v.optional(v.record(v.string(), v.string()), {}),
    user_attrs: v.optional(attributes, {}),
    system_attrs: v.optional(attributes, {}),
    intermediate_values: v.optional(v.record(v.pipe(v.string(), v.regex(/^-?\d+$/)), number), {}),
  }),
  v.object({
    op_code: v.literal(OP.trialParameter),
    trial_id: id,
    param_name: v.string(),
    param_value_internal: number,
    distribution: v.string(),
  }),
  v.object({
    op_code: v.literal(OP.trialState),
    trial_id: id,
    state,
    values,
    datetime_start: time,
    datetime_complete: time,
  }),
  v.object({
    op_code: v.literal(OP.intermediateValue),
    trial_id: id,
    step: v.pipe(v.number(), v.integer()),
    intermediate_value: number,
  }),
  v.object({ op_code: v.literal(OP.trialUserAttribute), trial_id: id, user_attr: attributes }),
  v.object({ op_code: v.literal(OP.trialSystemAttribute), trial_id: id, system_attr: attributes }),
  v.object({ op_code: v.literal(OP.discardTrials) }),
] as const;

/** One operation, discriminated by `op_code`. */
export type Operation = v.InferOutput<(typeof OPERATIONS)[number]>;

/** The operation `C`. */
export type OperationOf<C extends Operation['op_code']> = Extract<Operation, { op_code: C }>;

const HEAD = v.object({ op_code: v.number() });

/**
 * Reads one line.
 * @throws SyntaxError where it is no JSON, Error where it is no operation. The message goes on from “line 12: ”.
 */
export function readOperation(line: string): Operation {
  let document: unknown;
  try {
    document = parsePythonJson(line);
  } catch (error) {
    throw new SyntaxError('this is not valid JSON, of which a journal has one object a line', { cause: error });
  }
  if (!v.is(HEAD, document)) throw new Error('it has no op_code, the number that says what a line of a journal does');
  const schema = OPERATIONS.at(document.op_code);
  if (!schema)
    throw new Error(`op_code ${document.op_code} is not known; Optuna 5.0 has 0 to ${OPERATIONS.length - 1}`);
  const result = v.safeParse(schema, document);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Error(
    `${v.getDotPath(issue) ?? 'it'} is ${issue.received}, which is not what Optuna writes there` +
      (issue.expected === null ? '' : ` (${issue.expected})`),
  );
}
