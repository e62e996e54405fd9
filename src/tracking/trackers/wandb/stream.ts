/**
 * Lines of a batch as requests to a run’s stream. A line’s number in its file is what W&B knows it by: sent again under the
 * same number, it is there once.
 *
 * Servers that speak this protocol but only append have no such numbers. For them the summary says in `lathe/lines` how many
 * lines had come with it: it stands last in the request, so what it counts has arrived.
 */
import { object } from '../../../export/wandb/lines';
import type { StreamPart, StreamRequest } from './client';
import type { LineCounts } from './state';

/** Files of a stream, in the order in which they are sent. */
const FILES = { events: 'wandb-events.jsonl', log: 'output.log', history: 'wandb-history.jsonl' } as const;

const STREAMS = ['events', 'log', 'history'] as const satisfies readonly (keyof LineCounts)[];

/** The summary is a file of one line, which replaces the one before. */
const SUMMARY = 'wandb-summary.json';

/** Characters of lines in a request. W&B takes 10 MB: a character is three bytes at most, and escapes come on top. */
const REQUEST_CHARACTERS = 2_000_000;

/** Key of the summary that says how many lines there are. */
const COUNTS_KEY = 'lathe/lines';

/** Lines by stream. */
export type Lines = Record<keyof LineCounts, string[]>;

/** A request, and the numbers of lines that there are once it is acknowledged. */
export interface Piece {
  request: StreamRequest;
  after: LineCounts;
}

/**
 * Cuts lines into requests.
 * @param from numbers of the first line of each stream
 * @param there numbers below which lines are there already, and left out
 */
export function pieces(
  lines: Lines,
  from: LineCounts,
  there: LineCounts,
  summary: Record<string, string>,
  limit = REQUEST_CHARACTERS,
): Piece[] {
  const out: Piece[] = [];
  const at = { ...from };
  let files: Record<string, StreamPart> = {};
  let characters = 0;
  const close = (): void => {
    if (Object.keys(files).length > 0) {
      files[SUMMARY] = summaryPart(summary, at);
      out.push({ request: { files }, after: { ...at } });
    }
    files = {};
    characters = 0;
  };
  for (const stream of STREAMS) {
    for (const line of lines[stream]) {
      if (at[stream] >= there[stream]) {
        if (characters > 0 && characters + line.length > limit) close();
        const part = (files[FILES[stream]] ??= { offset: at[stream], content: [] });
        part.content.push(line);
        characters += line.length;
      }
      at[stream] += 1;
    }
  }
  close();
  return out;
}

/** The summary as a file of the stream. @param summary JSON by key */
export function summaryPart(summary: Record<string, string>, { history, events, log }: LineCounts): StreamPart {
  const counts = JSON.stringify(`${history} ${events} ${log}`);
  return { offset: 0, content: [object([...Object.entries(summary), [COUNTS_KEY, counts]])] };
}

/** The request that replaces the summary. */
export const summaryRequest = (summary: Record<string, string>, counts: LineCounts): StreamRequest => ({
  files: { [SUMMARY]: summaryPart(summary, counts) },
});

/** The numbers of lines that a summary tells of; null: it tells none. It may hold `NaN`, and is no JSON then. */
export function countsIn(summary: string | null): LineCounts | null {
  const found = /"lathe\/lines"\s*:\s*"(\d+) (\d+) (\d+)"/.exec(summary ?? '');
  return found && { history: Number(found[1]), events: Number(found[2]), log: Number(found[3]) };
}
