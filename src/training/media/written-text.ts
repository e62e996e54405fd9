/** A text that a language model writes while it trains: the same prompt and the same draws each time. */
import { randomStream } from '../../base/random';
import type { Batch } from '../../data/contract';
import type { Inference } from '../../models/inference';
import type { MediaContent } from '../../store/media';
import { drawTokens } from '../draw-tokens';

/** Characters of the prompt, at most. */
const PROMPT = 48;

/** Characters written. */
const LENGTH = 240;

/**
 * Goes on from the beginning of a window.
 * @param window A batch of one window.
 * @param vocabulary Token `i + 1` is `vocabulary[i]`.
 */
export async function writeText(
  inference: Pick<Inference, 'outputs'>,
  { inputs, targets }: Pick<Batch, 'inputs' | 'targets'>,
  vocabulary: readonly string[],
  seed: number,
): Promise<MediaContent> {
  // Past the end of the text there is no target.
  const real = targets.findLastIndex((token) => token >= 0) + 1;
  const prompt = [...inputs.subarray(0, Math.max(1, Math.min(PROMPT, Math.floor(inputs.length / 2), real)))];
  const drawn = await drawTokens((tokens) => inference.outputs(tokens, 1), {
    tokens: prompt,
    context: inputs.length,
    vocabulary: vocabulary.length,
    length: LENGTH,
    temperature: 1,
    uniform: (i) => randomStream(seed, 'media', 'text', i).uniform(),
  });
  const textOf = (tokens: readonly number[]): string =>
    tokens.map((token) => vocabulary[token - 1] ?? '\uFFFD').join('');
  return {
    kind: 'text',
    text: `Prompt:\n\n${fenced(textOf(prompt))}\n\nThe model goes on:\n\n${fenced(textOf(drawn))}`,
  };
}

/** Text as a block of code in Markdown, whatever is in it. */
function fenced(text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}
