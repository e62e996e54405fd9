/** Functions to minimise, with known optima and traps. */
import * as v from 'valibot';
import { searchSpace, type SearchSpace, type SearchSpaceInput } from '../../src/config/search/space';
import type { TrialParams } from '../../src/store/study';

/** Something to minimise. */
export interface Objective {
  name: string;
  space: SearchSpace;
  evaluate(params: TrialParams): number | Promise<number>;
}

/** `count` floats x0, x1, … in the same range. */
const box = (count: number, low: number, high: number): SearchSpaceInput =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, { type: 'float' as const, low, high }]));

/** A function of the values of all parameters, which are numbers, in the space's order. */
const ofNumbers = (name: string, space: SearchSpaceInput, f: (x: number[]) => number): Objective => ({
  name,
  space: v.parse(searchSpace, space),
  evaluate: (params) => f(Object.keys(space).map((key) => Number(params[key]))),
});

const sum = (terms: number[]): number => terms.reduce((total, term) => total + term, 0);

const sphere5 = ofNumbers('sphere5', box(5, -5, 5), (x) => sum(x.map((xi) => xi * xi)));

const rosenbrock4 = ofNumbers('rosenbrock4', box(4, -5, 10), (x) =>
  sum(x.slice(1).map((next, i) => 100 * (next - x[i] ** 2) ** 2 + (1 - x[i]) ** 2)),
);

const branin = ofNumbers(
  'branin',
  { x: { type: 'float', low: -5, high: 10 }, y: { type: 'float', low: 0, high: 15 } },
  ([x, y]) =>
    (y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6) ** 2 +
    10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) +
    10,
);

const HARTMANN = [
  { height: 1, scale: [10, 3, 17, 3.5, 1.7, 8], centre: [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886] },
  { height: 1.2, scale: [0.05, 10, 17, 0.1, 8, 14], centre: [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991] },
  { height: 3, scale: [3, 3.5, 1.7, 10, 17, 8], centre: [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665] },
  { height: 3.2, scale: [17, 8, 0.05, 10, 0.1, 14], centre: [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381] },
];

const hartmann6 = ofNumbers(
  'hartmann6',
  box(6, 0, 1),
  (x) =>
    -sum(
      HARTMANN.map(
        ({ height, scale, centre }) => height * Math.exp(-sum(x.map((xi, i) => scale[i] * (xi - centre[i]) ** 2))),
      ),
    ),
);

const ackley10 = ofNumbers('ackley10', box(10, -32.768, 32.768), (x) => {
  const spread = Math.sqrt(sum(x.map((xi) => xi * xi)) / x.length);
  const waves = sum(x.map((xi) => Math.cos(2 * Math.PI * xi))) / x.length;
  return -20 * Math.exp(-0.2 * spread) - Math.exp(waves) + 20 + Math.E;
});

/** Where each optimizer's learning rate is best, as a power of ten, and how good it gets there. */
const OPTIMIZERS: Record<string, { rate: number; floor: number }> = {
  sgd: { rate: -1, floor: 0.3 },
  adam: { rate: -3, floor: 0 },
  rms: { rate: -3.3, floor: 0.1 },
  lion: { rate: -4, floor: 0.2 },
};

/** A learning rate, a width, an optimizer and a dropout rate; each optimizer has its own best rate. */
const mixed4: Objective = {
  name: 'mixed4',
  space: v.parse(searchSpace, {
    rate: { type: 'float', low: 1e-5, high: 1, log: true },
    width: { type: 'int', low: 1, high: 64 },
    optimizer: { type: 'categorical', choices: Object.keys(OPTIMIZERS) },
    dropout: { type: 'float', low: 0, high: 0.9, step: 0.1 },
  } satisfies SearchSpaceInput),
  evaluate({ rate, width, optimizer, dropout }) {
    const best = OPTIMIZERS[String(optimizer)];
    const offRate = Math.log10(Number(rate)) - best.rate;
    return offRate ** 2 + best.floor + ((Number(width) - 37) / 32) ** 2 + (Number(dropout) - 0.3) ** 2;
  },
};

/** The functions. */
export const FUNCTIONS: readonly Objective[] = [sphere5, rosenbrock4, branin, hartmann6, ackley10, mixed4];
