import { describe, expect, it } from 'vitest';
import { normalCdf, normalLogMass, normalQuantile, truncatedNormal } from '../../../src/sweeps/normal';

describe('the normal distribution', () => {
  // scipy.stats.norm.cdf
  it.each([
    [-12, 1.776482112077653e-33],
    [-1.5, 0.06680720126885807],
    [0, 0.5],
    [0.5, 0.6914624612740131],
    [3, 0.9986501019683699],
  ])('has so much below %d as scipy says', (z, expected) => {
    expect(normalCdf(z) / expected).toBeCloseTo(1, 12);
  });

  // mpmath, 50 digits
  it.each([
    [-1, 2, -0.200166294324463],
    [-60, -58, -1686.97967858832],
    [8, 9, -35.0136185934371],
    [30, 30.5, -454.321244221885],
    [0.3, 0.4, -3.28313919929219],
    [-20, -19.9, -202.062583096054],
    [-0.05, 0.05, -3.22194022342645],
    [5, 5.000001, -27.2344515910283],
  ])('has a mass between %d and %d that does not underflow', (a, b, expected) => {
    expect(normalLogMass(a, b)).toBeCloseTo(expected, 5);
  });

  it('masses do not jump where the way they are worked out changes', () => {
    for (const a of [-30, -5, -1, 0, 2, 12]) {
      const [narrow, wide] = [0.25 - 1e-7, 0.25 + 1e-7].map((width) => normalLogMass(a, a + width));
      expect(Math.abs(wide - narrow)).toBeLessThan(2e-5);
    }
  });

  // scipy.stats.norm.ppf
  it.each([
    [1e-20, -9.262340089798409],
    [1e-3, -3.090232306167813],
    [0.3, -0.5244005127080409],
    [0.5, 0],
    [0.975, 1.959963984540054],
  ])('has its quantiles where scipy has them: %d', (p, expected) => {
    expect(normalQuantile(p)).toBeCloseTo(expected, 9);
  });

  it('stays between the bounds where it is truncated, and takes shares of what is left', () => {
    expect(truncatedNormal(-0.5, 200, 0)).toBeCloseTo(-0.5, 10);
    expect(truncatedNormal(-200, 0, 1 - 2 ** -32)).toBeCloseTo(0, 8);
    const [a, b] = [-1, 3];
    const shareBelow = (z: number): number => (normalCdf(z) - normalCdf(a)) / (normalCdf(b) - normalCdf(a));
    for (const share of [0.01, 0.3, 0.9, 0.999])
      expect(shareBelow(truncatedNormal(a, b, share))).toBeCloseTo(share, 10);
  });
});
