/** Charts of a study in a browser: what the pointer and keys do, that something is drawn, and that nothing breaks them. */
import axe from 'axe-core';
import { flushSync } from 'svelte';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { TrialRow } from '../../../../../../src/store/study';
import Contour from '../../../../../../src/ui/pages/sweep/charts/Contour.svelte';
import ParallelCoordinates from '../../../../../../src/ui/pages/sweep/charts/ParallelCoordinates.svelte';
import ParetoFront from '../../../../../../src/ui/pages/sweep/charts/ParetoFront.svelte';
import Rank from '../../../../../../src/ui/pages/sweep/charts/Rank.svelte';
import Slice from '../../../../../../src/ui/pages/sweep/charts/Slice.svelte';
import { theme } from '../../../../../../src/ui/state/theme.svelte';
import { makeStudy, makeTrial, params, SPACE } from '../../../../../unit/ui/pages/sweep/charts/study';
import { mountChart, painted, point, type Mounted } from './mounted.svelte';

const study = makeStudy(SPACE);
const trials = [
  makeTrial(10, { params: params(1e-4, 1), values: [4] }),
  makeTrial(11, { params: params(1e-2, 3, 0.2), values: [3] }),
  makeTrial(12, { params: params(1e-1, 3, 0.8), values: [2] }),
  makeTrial(13, { params: params(1, 5), values: [1] }),
];
const two = makeStudy(SPACE, [
  { metric: 'val_loss', direction: 'minimize' },
  { metric: 'val_accuracy', direction: 'maximize' },
]);
const twice = (rows: TrialRow[]): TrialRow[] =>
  rows.map((row) => ({ ...row, values: row.values && [row.values[0], 1 - row.values[0] / 10] }));

const charts = [
  { name: 'parallel coordinates', chart: ParallelCoordinates, of: study, rows: trials },
  { name: 'slices', chart: Slice, of: study, rows: trials },
  { name: 'contour', chart: Contour, of: study, rows: trials },
  { name: 'rank', chart: Rank, of: study, rows: trials },
  { name: 'Pareto front', chart: ParetoFront, of: two, rows: twice(trials) },
];
const drawn = (mounted: Mounted): Promise<unknown> =>
  vi.waitFor(() => expect(mounted.inked('canvas.lines, canvas.points')).toBeGreaterThan(20));

const chosen = ({ brushed }: Mounted): number[] | null => brushed && [...brushed];
const key = (element: HTMLElement, name: string, shiftKey = false): void => {
  element.dispatchEvent(new KeyboardEvent('keydown', { key: name, shiftKey, bubbles: true }));
  flushSync();
};

beforeAll(() => {
  // Capturing needs a real pointer.
  vi.spyOn(Element.prototype, 'setPointerCapture').mockReturnValue();
});

describe('parallel coordinates', () => {
  const axis = (mounted: Mounted, name: string): HTMLElement => mounted.find(`[data-axis$="${name}"]`);
  const tall = (track: HTMLElement): number => track.querySelector<HTMLElement>('.rule')?.offsetHeight ?? 0;
  /** Drags along an axis between two places of 0 (low) to 1. */
  function drag(track: HTMLElement, from: number, to: number): void {
    const y = (place: number): number => 6 + (1 - place) * tall(track);
    point(track, 'pointerdown', 11, y(from));
    point(track, 'pointermove', 11, y(to));
    point(track, 'pointerup', 11, y(to));
  }

  it('a range on an axis chooses, ranges on several axes meet, a click clears', () => {
    const mounted = mountChart(ParallelCoordinates, study, trials);
    drag(axis(mounted, 'learning_rate'), 0.4, 1);
    expect(chosen(mounted)).toEqual([11, 12, 13]);
    drag(axis(mounted, 'depth'), 0.6, 0.4);
    expect(chosen(mounted)).toEqual([11, 12]);
    point(axis(mounted, 'learning_rate'), 'pointerdown', 11, 20);
    point(axis(mounted, 'learning_rate'), 'pointerup', 11, 20);
    expect(chosen(mounted)).toEqual([11, 12]);
    drag(axis(mounted, 'val_loss'), 0, 0.4);
    expect(chosen(mounted)).toEqual([12]);
    expect(mounted.find('[role=status]').textContent).toBe('1 of 4 chosen');
    mounted.find('.state button').click();
    expect(mounted.brushed).toBeNull();
  });

  it('a range is moved by dragging it, and trials without the parameter are below its axis', () => {
    const mounted = mountChart(ParallelCoordinates, study, trials);
    const momentum = axis(mounted, 'momentum');
    drag(momentum, 0.1, 0.3);
    expect(chosen(mounted)).toEqual([11]);
    drag(momentum, 0.2, 0.8);
    expect(chosen(mounted)).toEqual([12]);
    drag(momentum, -0.1, -0.2);
    expect(chosen(mounted)).toEqual([10, 13]);
    expect(momentum.getAttribute('aria-valuetext')).toBe('not set');
  });

  it('keys choose, move and clear a range, and move the axis', () => {
    const mounted = mountChart(ParallelCoordinates, study, trials);
    const name = axis(mounted, 'optimizer.name');
    key(name, 'ArrowDown');
    expect(chosen(mounted)).toEqual([11, 12]);
    expect(name.getAttribute('aria-valuetext')).toBe('sgd');
    key(name, 'ArrowUp');
    expect(chosen(mounted)).toEqual([10, 13]);
    key(name, 'ArrowDown', true);
    expect(chosen(mounted)).toEqual([10, 13]);
    key(name, 'Escape');
    expect(mounted.brushed).toBeNull();
    key(name, 'ArrowLeft');
    const order = [...mounted.element.querySelectorAll<HTMLElement>('.track')].map(({ dataset }) => dataset.axis);
    expect(order[1]).toBe('training.optimizer.name');
  });

  it('a dragged name puts its axis elsewhere', () => {
    const mounted = mountChart(ParallelCoordinates, study, trials);
    const name = mounted.find('.name');
    point(name, 'pointerdown', 5, 5);
    point(name, 'pointermove', 400, 5);
    point(name, 'pointerup', 400, 5);
    const order = [...mounted.element.querySelectorAll('.name')].map(({ textContent }) => textContent);
    expect(order[2]).toBe('learning rate');
  });

  it('the trial of the nearest line is hovered and opened; one that is not chosen is not', () => {
    const mounted = mountChart(ParallelCoordinates, study, trials);
    const plot = mounted.find('.plot');
    point(plot, 'pointermove', 60, 38);
    expect(mounted.hovered).toBe(13);
    expect(mounted.find('.tip').textContent).toContain('Trial 13');
    expect(mounted.find('polyline').getAttribute('points')?.split(' ')).toHaveLength(5);
    point(plot, 'click', 60, 38);
    expect(mounted.opened).toEqual([13]);
    drag(axis(mounted, 'depth'), 0.6, 0.4);
    point(plot, 'pointermove', 60, 38);
    expect(mounted.hovered).not.toBe(13);
    point(plot, 'pointerleave', 0, 0);
    expect(mounted.hovered).toBeNull();
  });

  it('a choice taken back elsewhere leaves no range; a new trial within the ranges is chosen', () => {
    const mounted = mountChart(ParallelCoordinates, study, trials);
    drag(axis(mounted, 'depth'), 0.4, 0.6);
    mounted.trials = [...trials, makeTrial(14, { params: params(1e-3, 3), values: [2.5] })];
    flushSync();
    expect(chosen(mounted)).toEqual([11, 12, 14]);
    mounted.brushed = null;
    flushSync();
    expect(mounted.element.querySelector('.range')).toBeNull();
    drag(axis(mounted, 'depth'), 0.9, 1);
    expect(chosen(mounted)).toEqual([13]);
  });

  it('draws thousands of trials, and fewer where few are chosen', async () => {
    const many = Array.from({ length: 6500 }, (_, number) =>
      makeTrial(number, {
        params: params(10 ** (-4 * ((number % 997) / 997)), 1 + (number % 5)),
        values: [number % 89],
      }),
    );
    const mounted = mountChart(ParallelCoordinates, study, many);
    await drawn(mounted);
    const all = mounted.inked('canvas.lines');
    mounted.brushed = new Set([1]);
    await painted();
    expect(mounted.inked('canvas.lines')).toBeLessThan(all / 4);
    expect(mounted.inked('canvas.behind')).toBeGreaterThan(all / 2);
  });
});

describe('scatter charts', () => {
  const places = (mounted: Mounted): { plane: HTMLElement; at: (x: number, y: number) => [number, number] } => {
    const plane = mounted.find('.plane');
    const { clientWidth: width, clientHeight: height } = plane;
    return { plane, at: (x, y) => [9 + x * (width - 18), height - 9 - y * (height - 18)] };
  };

  it.each([
    { name: 'slices', chart: Slice, x: 0.5, y: 2 / 3 },
    { name: 'contour', chart: Contour, x: 0.5, y: 0.5 },
    { name: 'rank', chart: Rank, x: 0.5, y: 0.5 },
  ])('$name: the nearest trial is hovered and opened, unless it is not chosen', ({ chart, x, y }) => {
    const mounted = mountChart(chart, study, trials);
    const { plane, at } = places(mounted);
    const [px, py] = at(x, y);
    point(plane, 'pointermove', px + 3, py - 3);
    expect(mounted.hovered).toBe(11);
    expect(mounted.find('.tip').textContent).toContain('Trial 11');
    point(plane, 'click', px, py);
    expect(mounted.opened).toEqual([11]);
    mounted.brushed = new Set([13]);
    flushSync();
    point(plane, 'pointermove', px, py);
    expect(mounted.hovered).toBeNull();
    point(plane, 'click', px, py);
    expect(mounted.opened).toEqual([11]);
  });

  it('a finger first sees a trial, then opens it', () => {
    const mounted = mountChart(Rank, study, trials);
    const { plane, at } = places(mounted);
    point(plane, 'click', ...at(0.5, 0.5), 'touch');
    expect([mounted.hovered, mounted.opened]).toEqual([11, []]);
    point(plane, 'click', ...at(0.5, 0.5), 'touch');
    expect(mounted.opened).toEqual([11]);
  });

  it('a trial hovered elsewhere is ringed in every slice that has a place for it, without words', () => {
    const mounted = mountChart(Slice, study, trials);
    mounted.hovered = 13;
    flushSync();
    expect(mounted.element.querySelectorAll('.ring')).toHaveLength(3);
    expect(mounted.element.querySelector('.tip')).toBeNull();
  });

  it('the contour shows other parameters where they are chosen, and swaps them', () => {
    const mounted = mountChart(Contour, study, trials);
    const [across, up] = [...mounted.element.querySelectorAll('select')];
    across.value = up.value;
    across.dispatchEvent(new Event('change', { bubbles: true }));
    flushSync();
    expect(mounted.find('[role=img]').getAttribute('aria-label')).toContain('over depth and learning rate');
    expect(up.value).toBe('parameter training.optimizer.learning_rate');
  });

  it('the front is counted, and chosen trials stay on it', async () => {
    const mounted = mountChart(ParetoFront, two, [
      ...twice(trials),
      makeTrial(20, { values: [0.5, 0.2] }),
      makeTrial(21, { values: [0.1, 0.99], violation: 1 }),
    ]);
    expect(mounted.find('.legend').textContent.replace(/\s+/g, ' ')).toContain(
      'On the front: 2 Beaten: 3 Constraints not met: 1',
    );
    await drawn(mounted);
  });
});

describe.each(charts)('$name', ({ chart, of, rows }) => {
  it('is drawn, and drawn anew in the dark', async () => {
    theme.choice = 'light';
    const mounted = mountChart(chart, of, rows);
    await drawn(mounted);
    const picture = (): string => {
      const canvas = mounted.find('canvas.lines, canvas.points');
      return canvas instanceof HTMLCanvasElement ? canvas.toDataURL() : '';
    };
    const light = picture();
    theme.choice = 'dark';
    flushSync();
    await painted();
    expect(picture()).not.toBe(light);
    theme.choice = 'auto';
  });

  it.each([
    ['no trial', []],
    ['one trial', rows.slice(0, 1)],
    ['equal trials', rows.map((row, number) => ({ ...row, number, params: rows[0].params, values: rows[0].values }))],
    [
      'trials without an outcome',
      [
        makeTrial(0, { values: [NaN, NaN] }),
        makeTrial(1, { values: null }),
        makeTrial(2, { state: 'pruned', values: [1] }),
        makeTrial(3, { state: 'failed', values: null }),
        makeTrial(4, { state: 'running', values: null }),
      ],
    ],
    ['infinite outcomes among others', [...rows, makeTrial(30, { values: [Infinity, -Infinity] })]],
    ['trials without any parameter', [...rows, makeTrial(30, { values: [1, 2] })]],
  ])('is not broken by %s', async (_, list: TrialRow[]) => {
    const errors = vi.fn();
    window.addEventListener('error', errors);
    const mounted = mountChart(chart, of, list);
    await painted();
    window.removeEventListener('error', errors);
    expect(errors).not.toHaveBeenCalled();
    expect(mounted.element.textContent).not.toMatch(/NaN|undefined|Infinity/);
    expect(mounted.element.textContent.trim()).not.toBe('');
  });

  it('fits a phone, and axe finds nothing wrong with it', async () => {
    for (const choice of ['light', 'dark'] as const) {
      theme.choice = choice;
      const mounted = mountChart(chart, of, rows, 328);
      await painted();
      expect(mounted.element.scrollWidth).toBeLessThanOrEqual(328);
      const { violations } = await axe.run(mounted.element, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] });
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    }
    theme.choice = 'auto';
  });
});

it('odd spaces are no error: one choice, equal ends, no parameters', async () => {
  const odd = makeStudy({
    'a.same': { type: 'float', low: 0.5, high: 0.5, log: true, step: null, when: null },
    'a.one': { type: 'categorical', choices: [['x', 1]], when: null },
  });
  const rows = [1, 2, 3].map((number) =>
    makeTrial(number, { params: { 'a.same': 0.5, 'a.one': ['x', 1] }, values: [number] }),
  );
  for (const { chart } of charts) {
    for (const [space, list] of [
      [odd, rows],
      [makeStudy({}), rows],
    ] as const) {
      const mounted = mountChart(chart, space, list);
      await painted();
      expect(mounted.element.textContent).not.toMatch(/NaN|undefined/);
    }
  }
});
