import { describe, expect, it } from 'vitest';
import { logImprovement, mills } from '../../../../../src/sweeps/samplers/gp/expected-improvement';

describe('Mills’ ratio', () => {
  // scipy.special.erfcx(x / √2) · √(π/2).
  it.each([
    [0, 1.2533141373155001],
    [0.5, 0.8763644564536923],
    [1, 0.6556795424187984],
    [1.9999, 0.4213849559764444],
    [2.0001, 0.421353503668126],
    [5, 0.19280810471531573],
    [30, 0.03329641907249722],
    [1e6, 9.99999999999e-7],
  ])('at %d', (x, expected) => {
    expect(Math.abs(mills(x) / expected - 1)).toBeLessThan(1e-13);
  });
});

describe('the logarithm of the expected improvement', () => {
  // mpmath: log(φ(z) + z Φ(z)), 60 digits.
  it.each([
    [5, 1.6094379231264313],
    [0, -0.9189385332046727],
    [-1, -2.4851210257126413],
    [-1.0001, -2.485311456445883],
    [-5, -16.74430116266099],
    [-20, -206.9178385094251],
    [-300, -45012.32653681455],
    [-1e6, -500000000028.55],
  ])('at %d', (z, expected) => {
    expect(Math.abs(logImprovement(z).value / expected - 1)).toBeLessThan(1e-9);
  });

  it.each([4, 0.3, -0.7, -1.5, -8, -100, -5000])('has the slope that differences show, at %d', (z) => {
    const h = 1e-4 * Math.max(1, Math.abs(z) * 0.01);
    const difference = (logImprovement(z + h).value - logImprovement(z - h).value) / (2 * h);
    expect(Math.abs(logImprovement(z).slope / difference - 1)).toBeLessThan(1e-4);
  });
});
