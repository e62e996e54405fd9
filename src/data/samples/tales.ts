import { randomStream, type RandomStream } from '../../base/random';
import type { Sample } from './sample';

const SEED = 23;
const TALES = 240;
const CREATURES = ['fox', 'hen', 'mole', 'heron', 'badger', 'otter', 'crow', 'hare'];
const MOODS = ['old', 'young', 'hungry', 'sleepy', 'clever', 'patient'];
const PLACES = ['river', 'mill', 'orchard', 'bridge', 'meadow', 'well'];
const THINGS = ['a silver key', 'a warm loaf', 'a paper boat', 'a brass bell', 'a long rope'];
const TIMES = ['One morning', 'Late at night', 'In the first snow', 'After the rain'];

/** Little stories by a grammar: names and things come back, so that what stands further back is worth knowing. */
export const tales: Sample = {
  name: 'tales',
  title: 'Tales',
  description: '240 little stories made by a grammar: a language model learns to write more of them.',

  async make() {
    const random = randomStream(SEED, 'tales');
    const text = Array.from({ length: TALES }, () => tale(random)).join('\n');
    return [{ path: 'tales.txt', file: new File([text], 'tales.txt', { type: 'text/plain' }) }];
  },
};

function tale(random: RandomStream): string {
  const hero = pick(CREATURES, random);
  const friend = pick(
    CREATURES.filter((name) => name !== hero),
    random,
  );
  const place = pick(PLACES, random);
  const thing = pick(THINGS, random);
  const found = `the ${thing.slice(2)}`;
  return [
    `${pick(TIMES, random)} the ${pick(MOODS, random)} ${hero} walked to the ${place} and found ${thing}.`,
    `“Whose is it?” asked the ${hero}. “It is mine,” said the ${friend}.`,
    random.uniform() < 0.5
      ? `So the ${hero} gave ${found} to the ${friend}, and they went home.`
      : `But the ${hero} kept ${found}, and the ${friend} went home alone.`,
    '',
  ].join('\n');
}

const pick = (values: string[], random: RandomStream): string => values[random.integer(values.length)];
