/** Text that a language model writes, character by character, each drawn from what it thinks comes next. */
import { LatheError } from '../base/errors';
import { randomStream } from '../base/random';
import { encodeText, UNKNOWN } from '../data/text/tokens';
import { argMax } from '../training/metrics/classification';
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
  let text = '';
  for (let place = before.length; place < before.length + length; place++) {
    const seen = tokens.slice(-context);
    const window = new Float32Array(context);
    window.set(seen);
    const outputs = await model.outputs(window, 1);
    const width = vocabulary.length + 1;
    const logits = outputs.subarray((seen.length - 1) * width, seen.length * width);
    const token = draw(logits, temperature, randomStream(seed, 'generate', place).uniform());
    tokens.push(token);
    text += vocabulary[token - 1];
  }
  const unknown = Array.from(prompt).filter((_, i) => asked[i] === UNKNOWN);
  return { text, unknown: [...new Set(unknown)] };
}

/**
 * A token by its probability at `temperature`, for `u` uniform in [0, 1): at 0 the likeliest. The unknown token, which is
 * no character, is never drawn.
 */
function draw(logits: Float32Array, temperature: number, u: number): number {
  const known = logits.subarray(UNKNOWN + 1);
  const best = argMax(known);
  if (temperature === 0) return best + UNKNOWN + 1;
  const weights = Float64Array.from(known, (logit) => Math.exp((logit - known[best]) / temperature));
  let left = u * weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i];
    if (left < 0) return i + UNKNOWN + 1;
  }
  return best + UNKNOWN + 1;
}

function check(name: string, value: number, holds: boolean, expected: string): void {
  if (!holds) throw new LatheError('usage', `The ${name} is ${value}; expected ${expected}.`);
}
