/**
 * What browsers of a room tell each other of a search: the host deals trials, guests train them and tell what came of them.
 * JSON on the control lane. Numbers that JSON has no word for are written as text.
 */
import * as v from 'valibot';
import { sentRun } from './trial-run-schema';
import { figure, readJson, writeJson } from './exact-json';

/** Most trials that one browser trains at once. */
export const MOST_SLOTS = 16;

/** Longest message, in bytes: that of a result, with confusion matrices of a thousand classes. A longer one is not read. */
const MOST_BYTES = 32 * 2 ** 20;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const words = v.pipe(v.string(), v.maxLength(500));
const metric = v.pipe(v.string(), v.minLength(1), v.maxLength(200));

const order = v.object({
  /** Names this dealing of the trial: another one, of the same trial, has another ticket. */
  ticket: count,
  trial: count,
  /** A run config; read with the config's own schema, which knows more of it. */
  config: v.unknown(),
  objectives: v.pipe(
    v.array(v.object({ metric, direction: v.picklist(['minimize', 'maximize']) })),
    v.minLength(1),
    v.maxLength(64),
  ),
  value: v.picklist(['best', 'last']),
  /** Whether each epoch is reported, and a verdict awaited. */
  reports: v.boolean(),
});

/** A trial that is dealt to a guest. */
export type DealtTrial = v.InferOutput<typeof order>;

const trialMessage = v.variant('type', [
  /** To all: who trains trials should say so. */
  v.object({ type: v.literal('hiring') }),
  /** From a guest: it trains so many at once; 0: no more. */
  v.object({ type: v.literal('offer'), slots: v.pipe(count, v.maxValue(MOST_SLOTS)) }),
  /** To a guest: its offer was heard. */
  v.object({ type: v.literal('hired') }),
  v.object({ type: v.literal('train'), order }),
  v.object({ type: v.literal('report'), ticket: count, epoch: count, value: figure }),
  v.object({ type: v.literal('verdict'), ticket: count, epoch: count, prune: v.nullable(words) }),
  /** To a guest: `prune`: the trial ends here, and its run is wanted; `drop`: nothing of it is wanted. */
  v.object({ type: v.literal('leave'), ticket: count, how: v.picklist(['prune', 'drop']) }),
  /** From a guest: the trial has ended, and its run can be fetched. */
  v.object({ type: v.literal('result'), ticket: count, run: sentRun }),
  /** To a guest: its run is here, or not wanted. */
  v.object({ type: v.literal('received'), ticket: count }),
  /** From a guest: the trial could not be trained there, through no fault of its own. */
  v.object({ type: v.literal('given_back'), ticket: count, reason: words }),
  /** To guests: there are no trials any more; `back`: until the study goes on. */
  v.object({ type: v.literal('dismissed'), reason: words, back: v.boolean() }),
  /** From time to time: whoever is silent for long is gone. */
  v.object({ type: v.literal('alive') }),
]);

/** A message about trials. */
export type TrialMessage = v.InferOutput<typeof trialMessage>;

/** The bytes of a message. */
export const encodeTrialMessage = (message: TrialMessage): Uint8Array => writeJson(message);

/** The message in `bytes`, or null where it is none. */
export function decodeTrialMessage(bytes: Uint8Array): TrialMessage | null {
  if (bytes.length > MOST_BYTES) return null;
  const result = v.safeParse(trialMessage, readJson(bytes));
  return result.success ? result.output : null;
}

/** A sentence as messages may carry it. */
export const sentence = (text: string): string => (text.length > 500 ? `${text.slice(0, 499)}…` : text);
