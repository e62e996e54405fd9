import { describe, expect, test } from 'vitest';
import { writeText } from '../../../../src/training/media/written-text';
import { textBlocks } from '../../../../src/ui/pages/run/media/blocks';

const VOCABULARY = ['a', 'b', '\n', '`'];
const CONTEXT = 16;

/** A model to which, after each character, the next one of the vocabulary is the likeliest by far, but not certain. */
const inference = {
  outputs: async (window: Float32Array): Promise<Float32Array> => {
    const logits = new Float32Array(CONTEXT * 5);
    window.forEach((token, place) => (logits[place * 5 + 1 + (token % 4)] = 2));
    return logits;
  },
};
const window = Float32Array.from({ length: CONTEXT }, (_, i) => 1 + (i % 4));
const targets = Int32Array.from({ length: CONTEXT }, (_, i) => 1 + ((i + 1) % 4));

async function blocks(batch: { inputs: Float32Array; targets: Int32Array }, seed: number): Promise<string[]> {
  const content = await writeText(inference, batch, VOCABULARY, seed);
  return content.kind === 'text' ? textBlocks(content.text).map(({ text }) => text) : [];
}

describe('a text that is written while a model trains', () => {
  test('goes on from the first half of the window, whatever characters are in it', async () => {
    const [, prompt, , text] = await blocks({ inputs: window, targets }, 7);
    expect(prompt).toBe('ab\n`ab\n`');
    expect(text).toHaveLength(240);
    expect([...text].every((character) => VOCABULARY.includes(character))).toBe(true);
  });

  test('is the same again with the same seed', async () => {
    const first = await blocks({ inputs: window, targets }, 7);
    expect(await blocks({ inputs: window, targets }, 7)).toEqual(first);
    expect((await blocks({ inputs: window, targets }, 8))[3]).not.toBe(first[3]);
  });

  test('has a shorter prompt where the window ends within', async () => {
    const [, prompt] = await blocks({ inputs: window, targets: targets.map((token, i) => (i < 3 ? token : -1)) }, 7);
    expect(prompt).toBe('ab\n');
  });
});
