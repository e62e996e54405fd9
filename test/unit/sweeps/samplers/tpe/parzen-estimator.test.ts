import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../../../src/base/random';
import { columnOf, type Column } from '../../../../../src/sweeps/samplers/tpe/observations';
import { ParzenEstimator, recencyWeights } from '../../../../../src/sweeps/samplers/tpe/parzen-estimator';
import { toAxis, type Distribution } from '../../../../../src/sweeps/space/distribution';

/** Distributions, and how an observation comes from a share of the range. */
const PARAMETERS: { name: string; distribution: Distribution; value: (share: number) => number }[] = [
  {
    name: 'float',
    distribution: { type: 'float', low: -5, high: 10, log: false, step: null },
    value: (share) => -5 + 15 * share,
  },
  {
    name: 'log float',
    distribution: { type: 'float', low: 1e-5, high: 1, log: true, step: null },
    value: (share) => 10 ** (-5 + 5 * share),
  },
  {
    name: 'int',
    distribution: { type: 'int', low: 1, high: 64, log: false, step: 1 },
    value: (share) => 1 + Math.floor(64 * share),
  },
  {
    name: 'log int',
    distribution: { type: 'int', low: 16, high: 512, log: true, step: 1 },
    value: (share) => Math.round(16 * 32 ** share),
  },
  {
    name: 'float with steps',
    distribution: { type: 'float', low: 0, high: 0.9, log: false, step: 0.1 },
    value: (share) => Math.floor(10 * share) / 10,
  },
  {
    name: 'categorical',
    distribution: { type: 'categorical', choices: ['a', 'b', 'c', 'd'] },
    value: (share) => Math.floor(4 * share),
  },
];

const POINTS = [
  [-5, 1e-5, 1, 16, 0, 0],
  [0.5, 0.003, 37, 100, 0.3, 2],
  [10, 1, 64, 512, 0.9, 3],
  [3.3, 0.5, 20, 17, 0.5, 1],
];

/** `n` observations of the parameter `p`: multiples of the golden ratio. */
function observations(n: number, p: number): Column {
  const { distribution, value } = PARAMETERS[p];
  return columnOf(
    Float64Array.from({ length: n }, (_, i) => {
      const turns = (i + 1) * 0.6180339887498949 * (p + 1);
      const observed = value(turns - Math.floor(turns));
      return distribution.type === 'categorical' ? observed : toAxis(distribution, observed);
    }),
  );
}

function estimator(n: number, parameters: number[]): ParzenEstimator {
  return new ParzenEstimator(
    parameters.map((p) => PARAMETERS[p].distribution),
    parameters.map((p) => observations(n, p)),
    recencyWeights(n),
  );
}

// Optuna 5.0's _ParzenEstimator.log_pdf on the same observations, ties sorted stably.
const JOINT: [number, number[]][] = [
  [0, [-17.41227677, -18.67545908, -20.88261617, -17.11073679]],
  [1, [-17.73141382, -18.11025169, -21.26313889, -17.45088943]],
  [2, [-18.5009402, -17.65735024, -21.98049807, -18.15811099]],
  [8, [-19.60949048, -20.73241387, -20.9861455, -19.30795278]],
  [60, [-9.56569343, -22.45490262, -9.57445766, -20.89018034]],
  [150, [-4.68704287, -23.16315868, -6.41927901, -21.5984364]],
];

const ALONE: [number, number, number[]][] = [
  [1, 0, [-2.929567, -2.67384713, -2.78602276, -2.63081632]],
  [1, 1, [-2.44574667, -2.39122165, -2.66412925, -2.6153268]],
  [1, 2, [-4.36869849, -4.10070239, -4.13484572, -4.18387289]],
  [1, 3, [-4.18766423, -5.76718361, -7.70127725, -4.23049396]],
  [1, 4, [-2.25396125, -2.23871174, -2.47629173, -2.27845634]],
  [1, 5, [-1.56861592, -0.98082925, -1.56861592, -1.56861592]],
  [8, 3, [-5.82693296, -6.06655674, -7.29358587, -5.82699995]],
  [150, 0, [-3.27219148, -2.69954793, -2.70853271, -2.87959103]],
  [150, 1, [-3.65210458, -2.45677147, -2.40278926, -2.30714628]],
  [150, 2, [-4.25809892, -4.1375182, -3.86408968, -3.93373942]],
  [150, 3, [-5.04826594, -5.84247474, -7.39488858, -4.20394787]],
  [150, 4, [-2.2099037, -2.293237, -2.25903305, -2.24616176]],
  [150, 5, [-1.37480472, -1.37549908, -1.39720745, -1.39791755]],
];

describe('ParzenEstimator', () => {
  it.each(JOINT)('has Optuna’s density of six parameters together after %i observations', (n, expected) => {
    const all = estimator(n, [0, 1, 2, 3, 4, 5]);
    POINTS.forEach((point, i) => expect(all.logPdf(point)).toBeCloseTo(expected[i], 5));
  });

  it.each(ALONE)('has Optuna’s density after %i observations of parameter %i', (n, p, expected) => {
    const alone = estimator(n, [p]);
    POINTS.forEach((point, i) => expect(alone.logPdf([point[p]])).toBeCloseTo(expected[i], 5));
  });

  it.each([2, 3, 4, 5])('gives all values of parameter %i a mass of 1 together', (p) => {
    const { distribution } = PARAMETERS[p];
    const alone = estimator(40, [p]);
    let total = 0;
    if (distribution.type === 'categorical') {
      distribution.choices.forEach((_, choice) => (total += Math.exp(alone.logPdf([choice]))));
    } else {
      const step = distribution.step ?? 1;
      for (let value = distribution.low; value < distribution.high + step / 2; value += step) {
        total += Math.exp(alone.logPdf([value]));
      }
    }
    expect(total).toBeCloseTo(1, 5);
  });

  it.each([0, 2, 5])('draws as its density says: parameter %i', (p) => {
    const { distribution } = PARAMETERS[p];
    const alone = estimator(5, [p]);
    const random = randomStream(1, 'draws');
    const draws = Array.from({ length: 20_000 }, () => alone.draw(random)[0]);
    // The lower half of the range, summed or integrated.
    const middle = distribution.type === 'categorical' ? 1.5 : (distribution.low + distribution.high) / 2;
    const low = distribution.type === 'categorical' ? 0 : distribution.low;
    const width = p === 0 ? 0.01 : 1;
    let expected = 0;
    for (let value = low + (p === 0 ? width / 2 : 0); value < middle; value += width) {
      expected += Math.exp(alone.logPdf([value])) * width;
    }
    expect(draws.filter((value) => value < middle).length / draws.length).toBeCloseTo(expected, 1.7);
  });

  it('weighs the last 25 alike, and those before them rise from 1/n', () => {
    expect([...recencyWeights(3)]).toEqual([1, 1, 1]);
    expect([...recencyWeights(26).slice(0, 2)]).toEqual([1 / 26, 1]);
    const weights = recencyWeights(100);
    expect([weights[0], weights[74], weights[75]]).toEqual([0.01, 1, 1]);
    expect(weights[37]).toBeCloseTo(0.505, 10);
  });
});
