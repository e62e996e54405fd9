/** Importance: asked for, shown most first, and asked again where the question changes. */
import { flushSync, mount, unmount } from 'svelte';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { Importance as Row, ImportanceEvaluator } from '../../../../../../src/sweeps/importance/importance';
import Importance from '../../../../../../src/ui/pages/sweep/charts/Importance.svelte';
import { makeStudy, SPACE } from '../../../../../unit/ui/pages/sweep/charts/study';

type Ask = (evaluator: ImportanceEvaluator, objective: number) => Promise<Row[]>;

function show(importance: Ask, objectives?: Parameters<typeof makeStudy>[1]): HTMLElement {
  const target = document.createElement('div');
  document.body.replaceChildren(target);
  const nothing = (): void => undefined;
  const component = mount(Importance, {
    target,
    props: {
      study: makeStudy(SPACE, objectives),
      trials: [],
      brushed: null,
      hovered: null,
      onhover: nothing,
      onbrush: nothing,
      onopen: nothing,
      importance,
    },
  });
  flushSync();
  onTestFinished(() => unmount(component));
  return target;
}

const rows = (...keys: string[]): Row[] => keys.map((key, i) => ({ key, importance: i === 0 ? 0.75 : 0.25, best: 1 }));

it('shows bars with their shares, of the evaluator and the objective that are chosen', async () => {
  const ask = vi.fn<Ask>((evaluator, objective) =>
    Promise.resolve(
      evaluator === 'fanova' || objective === 1
        ? rows('model.depth', 'training.optimizer.learning_rate')
        : rows('training.optimizer.learning_rate', 'model.depth'),
    ),
  );
  const target = show(ask, [
    { metric: 'val_loss', direction: 'minimize' },
    { metric: 'val_accuracy', direction: 'maximize' },
  ]);
  const names = (): string[] => [...target.querySelectorAll('li > :first-child')].map(({ textContent }) => textContent);
  await vi.waitFor(() => expect(names()).toEqual(['learning rate', 'depth']));
  expect(target.querySelector('.share')?.textContent).toBe('75.0\u202f%');
  target.querySelectorAll<HTMLInputElement>('input[type=radio]')[1].click();
  await vi.waitFor(() => expect(names()).toEqual(['depth', 'learning rate']));
  expect(ask).toHaveBeenLastCalledWith('fanova', 0);
  const select = target.querySelector('select');
  if (!select) throw new Error('There is no choice of an objective.');
  select.value = '1';
  select.dispatchEvent(new Event('change', { bubbles: true }));
  await vi.waitFor(() => expect(ask).toHaveBeenLastCalledWith('fanova', 1));
});

it('a slow answer to an earlier question is not shown as the answer to a later one', async () => {
  const answers: ((rows: Row[]) => void)[] = [];
  const target = show(() => new Promise((resolve) => answers.push(resolve)));
  target.querySelectorAll<HTMLInputElement>('input[type=radio]')[1].click();
  flushSync();
  answers[0](rows('model.depth'));
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  expect(target.querySelector('li')).toBeNull();
  answers[1](rows('training.optimizer.name'));
  await vi.waitFor(() => expect(target.querySelector('li')?.textContent).toContain('optimizer'));
});

it('says what is missing, and what went wrong', async () => {
  const empty = show(() => Promise.resolve([]));
  await vi.waitFor(() => expect(empty.textContent).toContain('Needs a few more complete trials'));
  const failing = show(() => Promise.reject(new Error('The study has been removed.')));
  await vi.waitFor(() =>
    expect(failing.querySelector('[role=alert]')?.textContent).toBe('The study has been removed.'),
  );
});
