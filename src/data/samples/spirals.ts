import { randomStream } from '../../base/random';
import { csvFile, type Sample } from './sample';

const SEED = 7;
const PER_CLASS = 300;
const CLASSES = ['amber', 'blue', 'green'];
const TURNS = 0.9;
const NOISE = 0.045;

/** Three interleaved arms: no straight line parts them, a small network does. */
export const spirals: Sample = {
  name: 'spirals',
  title: 'Spirals',
  description: '900 points on three interleaved arms: tell the arm from x and y.',

  async make() {
    const random = randomStream(SEED, 'spirals');
    const rows: (string | number)[][] = [];
    for (let i = 0; i < PER_CLASS; i++) {
      CLASSES.forEach((label, arm) => {
        // The square root spreads the points evenly along the arm's area.
        const radius = Math.sqrt((i + 1) / PER_CLASS);
        const angle = 2 * Math.PI * (radius * TURNS + arm / CLASSES.length);
        const x = radius * Math.cos(angle) + NOISE * random.normal();
        const y = radius * Math.sin(angle) + NOISE * random.normal();
        rows.push([Number(x.toFixed(4)), Number(y.toFixed(4)), label]);
      });
    }
    return [csvFile('spirals', ['x', 'y', 'label'], rows)];
  },
};
