/** A text written by a language model, token after token, each drawn from what the model thinks comes next. */
import { UNKNOWN } from '../data/text/tokens';
import { argMax } from './metrics/classification';

/** What is to be written. */
export interface TokenDraw {
  /** What it goes on from; at least one. */
  tokens: readonly number[];
  /** Tokens that the model reads. */
  context: number;
  /** Characters that it knows. */
  vocabulary: number;
  /** Tokens to draw. */
  length: number;
  /** 1: as the model thinks; below: what is likely, more often; 0: always the likeliest. */
  temperature: number;
  /** A number in [0, 1) for the draw number `i`. */
  uniform: (i: number) => number;
}

/**
 * The tokens that follow.
 * @param outputs The model: `[context] float32` tokens to `[context, vocabulary + 1]` logits.
 */
export async function drawTokens(
  outputs: (window: Float32Array) => Promise<Float32Array>,
  { tokens, context, vocabulary, length, temperature, uniform }: TokenDraw,
): Promise<number[]> {
  const all = [...tokens];
  const width = vocabulary + 1;
  for (let i = 0; i < length; i++) {
    const seen = all.slice(-context);
    const window = new Float32Array(context);
    window.set(seen);
    const given = await outputs(window);
    const logits = given.subarray((seen.length - 1) * width, seen.length * width);
    all.push(draw(logits, temperature, uniform(i)));
  }
  return all.slice(tokens.length);
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
