/** Text that a language model writes, character by character, each drawn from what it thinks comes next. */
import { LatheError } from '../base/errors';
import { randomStream } from '../base/random';
import { encodeText, UNKNOWN } from '../data/text/tokens';
import { drawTokens } from '../training/draw-tokens';
import type { LoadedModel } from './loaded-model';
import type { GeneratedText, GenerationSettings } from './prediction';

/** Characters that are asked for at once, at most. */
const MAX_LENGTH = 100_000;

/**
 * Continues `prompt`. Every character has a random stream of its own, named by its place after the prompt: the same
 * settings give the same text, and a text may be written in pieces.
 * @throws LatheError of kind `data` when the model is no language model, `usage` when a setting is out of range.
 */
export async function generate(
  model: Pick<LoadedModel, 'preprocessing' | 'outputs'>,
  { prompt, length, temperature, seed, written = '' }: GenerationSettings,
): Promise<GeneratedText> {
  const { inputs, input_shape } = model.preprocessing;
  if (inputs.kind !== 'text') {
    throw new LatheError('data', 'This model writes no text: it was not trained on any. Give it examples to predict.');
  }
  check('length', length, Number.isInteger(length) && length >= 1 && length <= MAX_LENGTH, `1 to ${MAX_LENGTH}`);
  check('temperature', temperature, temperature >= 0 && temperature <= 100, '0 to 100');
  check('seed', seed, Number.isInteger(seed) && seed >= 0 && seed <= 0xffff_ffff, '0 to 4294967295');
  const { vocabulary } = inputs;
  const [context] = input_shape;
  const asked = encodeText(prompt, vocabulary);
  const before = encodeText(written, vocabulary);
  // A model needs something to go on from: a text begins as a line does.
  const tokens = [...(asked.length + before.length > 0 ? asked : encodeText('\n', vocabulary)), ...before];
  const drawn = await drawTokens((window) => model.outputs(window, 1), {
    tokens,
    context,
    vocabulary: vocabulary.length,
    length,
    temperature,
    uniform: (i) => randomStream(seed, 'generate', before.length + i).uniform(),
  });
  const text = drawn.map((token) => vocabulary[token - 1]).join('');
  const unknown = Array.from(prompt).filter((_, i) => asked[i] === UNKNOWN);
  return { text, unknown: [...new Set(unknown)] };
}

function check(name: string, value: number, holds: boolean, expected: string): void {
  if (!holds) throw new LatheError('usage', `The ${name} is ${value}; expected ${expected}.`);
}
