import { mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import Chart from '../../../../src/ui/charts/Chart.svelte';
import type { Line } from '../../../../src/ui/charts/line';
import '../../../../src/ui/styles/base.css';

const line = (points: number): Line => ({
  label: 'train',
  color: 'var(--data-1)',
  steps: Array.from({ length: points }, (_, step) => step),
  values: Array.from({ length: points }, (_, step) => 1 / (step + 1)),
});

/** A run as a page reads it: every reading is another object. */
interface Row {
  id: string;
  points: number;
  log: boolean;
}

let place: HTMLElement;
let row = $state.raw<Row>({ id: 'r', points: 0, log: false });
let chart: ReturnType<typeof mount>;

function show(target: HTMLElement): void {
  chart = mount(Chart, {
    target,
    props: {
      title: 'Loss',
      format: String,
      get lines() {
        return [line(row.points)];
      },
      get sync() {
        return row.id;
      },
      get log() {
        return row.log;
      },
    },
  });
}

const drawings = (): Element[] => [...place.querySelectorAll('.uplot')];
const frames = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise(requestAnimationFrame);
};

beforeEach(() => {
  row = { id: 'r', points: 3, log: false };
  place = document.createElement('div');
  place.style.width = '400px';
  document.body.append(place);
});

afterEach(async () => {
  await unmount(chart);
  place.remove();
});

it('stays the same while its run is read again and grows, and is made anew for another axis', async () => {
  show(place);
  await vi.waitFor(() => expect(drawings()).toHaveLength(1));
  const [first] = drawings();
  row = { ...row };
  await frames(3);
  row = { ...row, points: 10 };
  await frames(3);
  expect(drawings()).toEqual([first]);
  row = { ...row, log: true };
  await vi.waitFor(() => expect(drawings()[0]).not.toBe(first));
  expect(drawings()).toHaveLength(1);
});

it('draws no axes while it waits for its first point', async () => {
  row = { ...row, points: 0 };
  show(place);
  await expect.poll(() => place.textContent).toContain('Waiting for the first step');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(drawings()).toEqual([]);
  row = { ...row, points: 2 };
  await vi.waitFor(() => expect(drawings()).toHaveLength(1));
});

it('becomes as wide as its place, and stays the same', async () => {
  show(place);
  await vi.waitFor(() => expect(drawings()).toHaveLength(1));
  const [first] = drawings();
  place.style.width = '300px';
  await vi.waitFor(() => expect(first.getBoundingClientRect().width).toBeLessThanOrEqual(300));
  expect(drawings()).toEqual([first]);
});

it('is not drawn in a fold that is closed', async () => {
  const fold = document.createElement('details');
  const inside = document.createElement('div');
  fold.append(inside);
  place.append(fold);
  show(inside);
  // Its code is there by then: others were drawn.
  await frames(20);
  expect(drawings()).toEqual([]);
  fold.open = true;
  await vi.waitFor(() => expect(drawings()).toHaveLength(1));
});
