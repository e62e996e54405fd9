import { describe, expect, it } from 'vitest';
import { generate } from '../../../src/analysis/generate';
import type { Preprocessing } from '../../../src/store/schema';
import { failure } from '../data/helpers';

const CONTEXT = 4;
const vocabulary = [...'\nabc'];
const preprocessing: Preprocessing = {
  version: 1,
  task: 'language_model',
  input_shape: [CONTEXT],
  inputs: { kind: 'text', vocabulary },
  target: ['next character'],
  classes: null,
  target_scale: null,
};

/** Thinks that the token after the last one of the alphabet comes next; the unknown token it likes even better. */
const alphabet = {
  preprocessing,
  seen: [] as number[][],
  outputs(inputs: Float32Array) {
    this.seen.push([...inputs]);
    const logits = new Float32Array(CONTEXT * 5);
    inputs.forEach((token, at) => {
      logits[at * 5] = 9;
      logits[at * 5 + 1 + (token % 4)] = 2;
    });
    return Promise.resolve(logits);
  },
};

describe('a language model that writes', () => {
  it('takes the likeliest character at temperature 0, sees its last characters, and never draws the unknown', async () => {
    alphabet.seen = [];
    const { text } = await generate(alphabet, { prompt: 'a', length: 6, temperature: 0, seed: 1 });
    expect(text).toBe('bc\nabc');
    expect(alphabet.seen.slice(-2)).toEqual([
      [3, 4, 1, 2],
      [4, 1, 2, 3],
    ]);
  });

  it('writes the same from the same seed, in one piece or in several', async () => {
    const settings = { prompt: 'ab', temperature: 1, seed: 5 };
    const whole = await generate(alphabet, { ...settings, length: 60 });
    const begun = await generate(alphabet, { ...settings, length: 20 });
    const rest = await generate(alphabet, { ...settings, length: 40, written: begun.text });
    expect(begun.text + rest.text).toBe(whole.text);
    expect((await generate(alphabet, { ...settings, seed: 6, length: 60 })).text).not.toBe(whole.text);
  });

  it('draws each character as often as the model thinks at temperature 1', async () => {
    const { text } = await generate(alphabet, { prompt: '', length: 3000, temperature: 1, seed: 2 });
    const follows = [...text].filter(
      (one, i) => i > 0 && vocabulary[(vocabulary.indexOf(text[i - 1]) + 1) % 4] === one,
    );
    expect(follows.length / text.length).toBeCloseTo(Math.exp(2) / (Math.exp(2) + 3), 1);
  });

  it('names characters of the prompt that it does not know, and refuses what it cannot do', async () => {
    const settings = { prompt: 'añbñ?', length: 1, temperature: 0, seed: 1 };
    expect((await generate(alphabet, settings)).unknown).toEqual(['ñ', '?']);
    expect((await failure(() => generate(alphabet, { ...settings, length: 0 }))).kind).toBe('usage');
    expect((await failure(() => generate(alphabet, { ...settings, temperature: -1 }))).message).toMatch(
      /temperature is -1/,
    );
    const images: Preprocessing = { ...preprocessing, inputs: { kind: 'images', mean: [0], std: [1] } };
    const other = { preprocessing: images, outputs: () => Promise.resolve(new Float32Array()) };
    expect((await failure(() => generate(other, settings))).message).toMatch(/writes no text/);
  });
});
