/**
 * Test functions of optimisation, each with its space. `test/integration/reference/functions.py` has the same ones as
 * objectives of Optuna.
 */
import type { SearchSpaceInput } from '../../src/config/search/space';
import type { TrialParams } from '../../src/store/study';

/** One objective, to minimise. */
export interface TestFunction {
  space: SearchSpaceInput;
  objective: (params: TrialParams) => number;
}

/** Several objectives, to minimise. */
export interface TestFront {
  space: SearchSpaceInput;
  objectives: (params: TrialParams) => number[];
}

const floats = (count: number, low: number, high: number): SearchSpaceInput =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, { type: 'float', low, high }]));

const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Coordinates in the order of their names. */
const point = (params: TrialParams, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Number(params[`x${i}`]));

const HARTMANN_A = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const HARTMANN_P = [
  [1312, 1696, 5569, 124, 8283, 5886],
  [2329, 4135, 8307, 3736, 1004, 9991],
  [2348, 1451, 3522, 2883, 3047, 6650],
  [4047, 8828, 8732, 5743, 1091, 381],
];
const HARTMANN_ALPHA = [1, 1.2, 3, 3.2];

/** Best decimal logarithm of the rate, and the least loss, by optimizer. */
const MIXED: Record<string, [number, number]> = { sgd: [-1, 0.3], adam: [-3, 0], rms: [-3.3, 0.1], lion: [-4, 0.2] };

/** Functions of one objective by name. */
export const FUNCTIONS: Record<string, TestFunction> = {
  sphere5: { space: floats(5, -5, 5), objective: (params) => total(point(params, 5).map((x) => x * x)) },
  rosenbrock4: {
    space: floats(4, -5, 10),
    objective(params) {
      const x = point(params, 4);
      return total(x.slice(1).map((next, i) => 100 * (next - x[i] ** 2) ** 2 + (1 - x[i]) ** 2));
    },
  },
  branin: {
    space: { x: { type: 'float', low: -5, high: 10 }, y: { type: 'float', low: 0, high: 15 } },
    objective(params) {
      const [x, y] = [Number(params.x), Number(params.y)];
      const bowl = (y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6) ** 2;
      return bowl + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
    },
  },
  hartmann6: {
    space: floats(6, 0, 1),
    objective(params) {
      const x = point(params, 6);
      const distance = (k: number): number =>
        total(x.map((xi, i) => HARTMANN_A[k][i] * (xi - 1e-4 * HARTMANN_P[k][i]) ** 2));
      return -total(HARTMANN_ALPHA.map((alpha, k) => alpha * Math.exp(-distance(k))));
    },
  },
  ackley10: {
    space: floats(10, -32.768, 32.768),
    objective(params) {
      const x = point(params, 10);
      const valley = -20 * Math.exp(-0.2 * Math.sqrt(total(x.map((xi) => xi * xi)) / 10));
      return valley - Math.exp(total(x.map((xi) => Math.cos(2 * Math.PI * xi))) / 10) + 20 + Math.E;
    },
  },
  mixed4: {
    space: {
      rate: { type: 'float', low: 1e-5, high: 1, log: true },
      width: { type: 'int', low: 1, high: 64 },
      optimizer: { type: 'categorical', choices: Object.keys(MIXED) },
      dropout: { type: 'float', low: 0, high: 0.9, step: 0.1 },
    },
    objective({ rate, width, optimizer, dropout }) {
      const [best, floor] = MIXED[String(optimizer)];
      const distance = (Math.log10(Number(rate)) - best) ** 2;
      return distance + floor + ((Number(width) - 37) / 32) ** 2 + (Number(dropout) - 0.3) ** 2;
    },
  },
};

const zdt = (second: (share: number) => number): TestFront => ({
  space: floats(30, 0, 1),
  objectives(params) {
    const [first, ...others] = point(params, 30);
    const g = 1 + (9 * total(others)) / others.length;
    return [first, g * second(first / g)];
  },
});

/** Functions of two objectives by name (Zitzler, Deb & Thiele 2000). */
export const FRONTS: Record<string, TestFront> = {
  zdt1: zdt((share) => 1 - Math.sqrt(share)),
  zdt2: zdt((share) => 1 - share ** 2),
};
