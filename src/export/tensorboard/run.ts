/** What event files say about a run beside its points, media and lines. */
import { configToYaml } from '../../config/yaml';
import type { RunConfig } from '../../config/schema';
import type { LogRow } from '../../store/schema';
import { codeBlock, escapeMarkdown, markdownFacts } from '../bundle/markdown';
import type { DescribedRun } from '../described-run';

/** The run in words and numbers, as Markdown. */
export function describeRun(run: DescribedRun): string {
  const facts: [string, string][] = [
    ['Run', `\`${run.id}\``],
    ['Status', run.reason === null ? run.status : `${run.status}: ${escapeMarkdown(run.reason)}`],
    ['Started', new Date(run.started).toISOString()],
  ];
  if (run.ended !== null) facts.push(['Ended', new Date(run.ended).toISOString()]);
  if (run.author !== null) facts.push(['Author', escapeMarkdown(run.author)]);
  if (run.tags.length > 0) facts.push(['Tags', run.tags.map(escapeMarkdown).join(', ')]);
  // Until it has ended its numbers change all the time, and the curves show them.
  const numbers = run.ended === null ? [] : Object.entries(run.summary);
  for (const [key, value] of [...Object.entries(run.facts), ...numbers].sort(byKey)) {
    facts.push([escapeMarkdown(key), escapeMarkdown(String(value))]);
  }
  return [`# ${escapeMarkdown(run.name)}`, ...(run.notes ? [run.notes] : []), markdownFacts(facts)].join('\n\n');
}

const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0);

/** The config as Markdown. */
export const describeConfig = (config: RunConfig): string => codeBlock('yaml', configToYaml(config));

/** Lines of the log as Markdown. */
export const describeLines = (lines: readonly LogRow[]): string =>
  codeBlock(
    'text',
    lines
      .map(({ at, level, message }) => `${new Date(at).toISOString()} ${level}: ${message.replace(/\s+/g, ' ')}`)
      .join('\n'),
  );
