import { describe, expect, it } from 'vitest';
import { choiceScale, linearScale, logScale, objectiveScale, parameterScale } from '../../../../src/sweeps/views/scale';

const labels = (scale: { ticks: { label: string }[] }): string[] => scale.ticks.map(({ label }) => label);

describe('scales', () => {
  it('are linear between round numbers', () => {
    const scale = linearScale(0.13, 0.97);
    expect(labels(scale)).toEqual(['0', '0.2', '0.4', '0.6', '0.8', '1.0']);
    expect([0, 0.5, 1, 2, NaN].map((value) => scale.at(value))).toEqual([0, 0.5, 1, 2, NaN]);
  });

  it('are logarithmic, with more ticks where there are few decades', () => {
    const wide = logScale(1e-5, 0.1);
    expect(labels(wide)).toEqual(['1e-5', '0.0001', '0.001', '0.01', '0.1']);
    expect(wide.at(0.001)).toBeCloseTo(0.5);
    expect(wide.at(0)).toBe(-Infinity);
    expect(wide.at(-1)).toBeNaN();
    expect(labels(logScale(16, 512))).toEqual(['20', '50', '100', '200', '500']);
    expect(logScale(3, 3).at(3)).toBeCloseTo(0.5);
  });

  it('have a place for each choice', () => {
    const scale = choiceScale(['a', 'b']);
    expect(scale.ticks).toEqual([
      { at: 0.25, label: 'a' },
      { at: 0.75, label: 'b' },
    ]);
    const layers = parameterScale({ type: 'categorical', choices: [[64, 32], null, 'null'] });
    expect(labels(layers)).toEqual(['[64,32]', 'null', 'null']);
    expect(layers.of('null')).toBeCloseTo(5 / 6);
  });
});

describe('the scale of an objective', () => {
  const values = Array.from({ length: 50 }, (_, i) => 1 + i / 100);
  const reaches = (scale: { at(value: number): number }, value: number): boolean =>
    scale.at(value) >= 0 && scale.at(value) <= 1;

  it('leaves a bad value far off outside, never a good one', () => {
    const all = [...values, 1000, -1000, NaN, Infinity];
    const least = objectiveScale(all, 'minimize');
    expect([1000, -1000, 1.2].map((value) => reaches(least, value))).toEqual([false, true, true]);
    const most = objectiveScale(all, 'maximize');
    expect([1000, -1000, 1.2].map((value) => reaches(most, value))).toEqual([true, false, true]);
  });

  it('is logarithmic where values are of many sizes', () => {
    const scale = objectiveScale([0.001, 0.01, 0.1, 1, 10], 'minimize');
    expect(scale.at(0.1)).toBeCloseTo(0.5);
  });

  it('exists where no value does', () => {
    expect(objectiveScale([NaN], 'minimize').ticks.length).toBeGreaterThan(1);
    expect(reaches(objectiveScale([3], 'minimize'), 3)).toBe(true);
    expect(reaches(objectiveScale([0, 0], 'maximize'), 0)).toBe(true);
  });
});
