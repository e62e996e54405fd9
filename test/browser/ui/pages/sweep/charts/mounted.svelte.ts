/** Mounts a chart as the study's page does: it holds what is chosen and hovered, and notes what is opened. */
import { flushSync, mount, unmount, type Component } from 'svelte';
import { onTestFinished } from 'vitest';
import '../../../../../../src/ui/styles/tokens.css';
import '../../../../../../src/ui/styles/base.css';
import type { StudyRow, TrialRow } from '../../../../../../src/store/study';
import type { ChartProps } from '../../../../../../src/ui/pages/sweep/charts/view';

/** A chart on the page. */
export class Mounted {
  study: StudyRow;
  trials: readonly TrialRow[];
  brushed: ReadonlySet<number> | null;
  hovered: number | null;
  readonly opened: number[] = [];
  readonly element = document.createElement('div');

  constructor(study: StudyRow, trials: readonly TrialRow[]) {
    this.study = $state.raw(study);
    this.trials = $state.raw(trials);
    this.brushed = $state.raw(null);
    this.hovered = $state(null);
  }

  /** The first element that fits. */
  find(selector: string): HTMLElement {
    const found = this.element.querySelector<HTMLElement>(selector);
    if (!found) throw new Error(`Nothing fits ${selector}.`);
    return found;
  }

  /** How many pixels of a canvas something was drawn on. */
  inked(selector = 'canvas'): number {
    const canvas = this.find(selector);
    if (!(canvas instanceof HTMLCanvasElement)) throw new Error(`${selector} is no canvas.`);
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
    let count = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i] > 0) count++;
    return count;
  }
}

/** Mounts `chart`, 900 pixels wide, until the test ends. */
export function mountChart(
  chart: Component<ChartProps>,
  study: StudyRow,
  trials: readonly TrialRow[],
  width = 900,
): Mounted {
  const mounted = new Mounted(study, trials);
  mounted.element.style.width = `${width}px`;
  document.body.replaceChildren(mounted.element);
  const component = mount(chart, {
    target: mounted.element,
    props: {
      get study() {
        return mounted.study;
      },
      get trials() {
        return mounted.trials;
      },
      get brushed() {
        return mounted.brushed;
      },
      get hovered() {
        return mounted.hovered;
      },
      onhover: (number: number | null) => (mounted.hovered = number),
      onbrush: (numbers: ReadonlySet<number> | null) => (mounted.brushed = numbers),
      onopen: (number: number) => void mounted.opened.push(number),
    },
  });
  flushSync();
  onTestFinished(() => unmount(component));
  return mounted;
}

/** Waits until what is to be drawn was drawn. */
export async function painted(): Promise<void> {
  for (let frame = 0; frame < 4; frame++) await new Promise(requestAnimationFrame);
}

/** The pointer does something at a place of an element, in pixels from its upper left corner. */
export function point(element: Element, type: string, x: number, y: number, pointerType = 'mouse'): void {
  const { left, top } = element.getBoundingClientRect();
  element.dispatchEvent(
    new PointerEvent(type, { clientX: left + x, clientY: top + y, bubbles: true, pointerType, pointerId: 1 }),
  );
  flushSync();
}
