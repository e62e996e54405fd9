import { describe, expect, it } from 'vitest';
import { formatDuration, progressBar } from '../../../bin/progress-bar';

describe('progress bar', () => {
  const state = { title: 'epoch 2', done: 30, total: 120, detail: 'loss 0.5' };

  it('fills as far as the work is done, and never wraps', () => {
    for (const width of [200, 80, 40, 20, 5]) {
      expect(progressBar(state, width).length).toBeLessThan(width);
    }
    const bar = progressBar(state, 120);
    expect(bar.split('━').length - 1).toBe(10);
    expect(bar.split('─').length - 1).toBe(30);
    expect(bar).toContain('25%  30/120  loss 0.5');
  });

  it('shows a count where the end is not known, and a full bar past the end', () => {
    expect(progressBar({ ...state, total: null }, 80)).not.toContain('%');
    expect(progressBar({ ...state, done: 200 }, 80)).toContain('100%');
  });

  it('writes durations in the units that people count in', () => {
    expect([0.4, 59, 60, 200, 7500].map(formatDuration)).toEqual([
      '0 s',
      '59 s',
      '1 min 0 s',
      '3 min 20 s',
      '2 h 5 min',
    ]);
  });
});
