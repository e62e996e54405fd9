/** The editor of a search: ranges that are dragged and typed, settings that move into the space and out of it. */
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import ConfigForm from '../../../../../src/ui/pages/train/ConfigForm.svelte';
import type { Draft } from '../../../../../src/ui/pages/train/draft.svelte';
import SearchForm from '../../../../../src/ui/pages/train/search/SearchForm.svelte';
import YamlEditor from '../../../../../src/ui/pages/train/YamlEditor.svelte';
import { draftOf, show } from './fixture';

const RATE = 'training.optimizer.learning_rate';
const NAME = 'training.optimizer.name';
const MOMENTUM = 'training.optimizer.momentum';

let open: (() => Promise<void>)[] = [];

beforeEach(() => page.viewport(800, 900));
afterEach(async () => {
  for (const close of open) await close();
  open = [];
});

const searching = (search_space: object, rest: object = {}): Draft =>
  draftOf({ optimization: { hyperparameter_search: { enabled: true, search_space, ...rest } } });

function showForms(draft: Draft): void {
  open.push(show(SearchForm, { draft }).remove, show(ConfigForm, { draft }).remove);
}

const rate = { type: 'float', low: 1e-5, high: 0.1, log: true };

it('arrow keys move the handles of a range, which say their value, up to one another', async () => {
  const draft = searching({ [RATE]: { ...rate, low: 1e-5, high: 3e-5 } });
  showForms(draft);
  const low = page.getByRole('slider', { name: 'Lowest learning rate' });
  await expect.element(low).toHaveAttribute('aria-valuetext', '1e-5');
  low.element().focus();
  await userEvent.keyboard('{ArrowRight}');
  await expect.element(low).toHaveAttribute('aria-valuetext', '2e-5');
  expect(draft.space[RATE]).toMatchObject({ low: 2e-5, high: 3e-5 });
  await userEvent.keyboard('{PageUp}');
  expect(draft.space[RATE]).toMatchObject({ low: 3e-5, high: 3e-5 });
  await userEvent.keyboard('{Home}');
  expect(draft.space[RATE]).toMatchObject({ low: 1e-6, high: 3e-5 });
});

it('a handle follows the pointer, and rests on steps', async () => {
  const draft = searching({ 'model.dropout': { type: 'float', low: 0, high: 0.5, step: 0.05 } });
  showForms(draft);
  const high = page.getByRole('slider', { name: 'Highest dropout' });
  const line = high.element().parentElement;
  if (!line) throw new Error('The handle lies on nothing.');
  // The track reaches from 0 to 0.75.
  const width = line.getBoundingClientRect().width;
  await userEvent.dragAndDrop(high, line, { targetPosition: { x: width * 0.41, y: 16 } });
  await expect.element(high).toHaveAttribute('aria-valuetext', '0.3');
  expect(draft.space['model.dropout']).toMatchObject({ low: 0, high: 0.3, step: 0.05 });
});

it('a press on the track brings the nearer handle', async () => {
  const draft = searching({ 'model.dropout': { type: 'float', low: 0, high: 0.5, step: 0.05 } });
  showForms(draft);
  const line = page.getByRole('slider', { name: 'Lowest dropout' }).element().parentElement;
  if (!line) throw new Error('The handle lies on nothing.');
  await userEvent.click(line, { position: { x: line.getBoundingClientRect().width * 0.2, y: 16 } });
  expect(draft.space['model.dropout']).toMatchObject({ low: 0.15, high: 0.5 });
});

it('what is typed is taken, and what is no number is refused beside it', async () => {
  const draft = searching({ [RATE]: rate });
  showForms(draft);
  await userEvent.fill(page.getByRole('textbox', { name: 'Lowest learning rate' }), '1e-4');
  await userEvent.tab();
  expect(draft.config?.optimization.hyperparameter_search.search_space[RATE]).toMatchObject({ low: 1e-4 });
  await userEvent.fill(page.getByRole('textbox', { name: 'Highest learning rate' }), 'many');
  await userEvent.tab();
  expect(draft.config).toBeNull();
  const row = page.getByRole('listitem', { name: 'Learning rate' });
  await expect.element(row.getByText('high is "many"; expected a number.')).toBeVisible();
  await expect
    .element(page.getByRole('textbox', { name: 'Highest learning rate' }))
    .toHaveAttribute('aria-invalid', 'true');
});

it('a setting moves into the space at a press, says so where it stood, and comes back at another', async () => {
  const draft = searching({});
  showForms(draft);
  const field = page.getByRole('textbox', { name: 'Learning rate', exact: true });
  const toggle = page.getByRole('button', { name: 'Search learning rate', exact: true });
  await expect.element(page.getByText('Nothing is searched yet.')).toBeVisible();
  await toggle.click();
  expect(draft.space[RATE]).toMatchObject({ low: 1e-5, high: 0.1, log: true });
  await expect.element(field).toBeDisabled();
  await expect.element(page.getByText('searched: 1e-5 … 0.1, log')).toBeVisible();
  await expect.element(toggle).toHaveAttribute('aria-pressed', 'true');
  await toggle.click();
  expect(draft.space).toEqual({});
  await expect.element(field).toBeEnabled();
});

it('the menu offers what trials can have, finds it by words, and adds it under its condition', async () => {
  const draft = searching({ [NAME]: { type: 'categorical', choices: ['sgd', 'adamw'] } });
  showForms(draft);
  await page.getByRole('button', { name: 'Add parameter' }).click();
  await expect.element(page.getByRole('option', { name: 'Image size' })).not.toBeInTheDocument();
  await userEvent.keyboard('last update');
  const offered = (): (string | null)[] =>
    [...document.querySelectorAll('[role=option]')].map((item) => item.textContent);
  await expect.poll(offered).toEqual([expect.stringContaining('Momentum')]);
  await userEvent.keyboard('{Enter}');
  await expect.element(page.getByRole('slider', { name: 'Lowest momentum' })).toHaveFocus();
  expect(draft.space[MOMENTUM]).toMatchObject({ type: 'float', low: 0, high: 0.99, when: { [NAME]: 'sgd' } });
  const row = page.getByRole('listitem', { name: 'Momentum' });
  await expect.element(row.getByRole('checkbox', { name: 'sgd' })).toBeChecked();
  await row.getByRole('checkbox', { name: 'adamw' }).click();
  expect(draft.space[MOMENTUM]).toMatchObject({ when: { [NAME]: ['sgd', 'adamw'] } });
  // Without the optimizer in the space there is nothing to depend on.
  await page.getByRole('button', { name: 'Do not search optimizer' }).click();
  expect(draft.space).toEqual({ [MOMENTUM]: expect.objectContaining({ when: null }) as unknown });
});

it('a range becomes choices, which come and go as chips', async () => {
  const draft = searching({ [RATE]: rate });
  showForms(draft);
  const row = page.getByRole('listitem', { name: 'Learning rate' });
  await row.getByText('Choices').click();
  expect(draft.space[RATE]).toMatchObject({ type: 'categorical', choices: [1e-5, 1e-4, 1e-3, 0.01, 0.1] });
  await row.getByRole('button', { name: 'Remove 1e-5 from learning rate' }).click();
  await userEvent.fill(row.getByRole('textbox', { name: 'Add a value of learning rate' }), '0.3');
  await userEvent.keyboard('{Enter}');
  expect(draft.space[RATE]).toMatchObject({ choices: [1e-4, 1e-3, 0.01, 0.1, 0.3] });
});

it('says what the search may cost', async () => {
  const draft = searching(
    { [RATE]: rate, [NAME]: { type: 'categorical', choices: ['sgd', 'adamw'] } },
    { n_trials: 30 },
  );
  showForms(draft);
  await expect.element(page.getByText('30 trials × 10 epochs = up to 300 epochs')).toBeVisible();
  draft.setParameter(RATE, { type: 'categorical', choices: [0.1, 0.01, 0.001] });
  await expect.element(page.getByText('6 different combinations')).toBeVisible();
});

it('a second objective makes a list of them; a known metric brings its direction', async () => {
  const draft = searching({ [RATE]: rate });
  showForms(draft);
  await userEvent.fill(page.getByRole('combobox', { name: 'Metric of objective 1' }), 'val_accuracy');
  await userEvent.tab();
  const search = () => draft.config?.optimization.hyperparameter_search;
  expect(search()).toMatchObject({ metric: 'val_accuracy', direction: 'maximize', objectives: null });
  await page.getByRole('button', { name: 'Another objective' }).click();
  expect(search()?.objectives).toEqual([
    { metric: 'val_accuracy', direction: 'maximize' },
    { metric: 'val_loss', direction: 'minimize' },
  ]);
  await page.getByRole('button', { name: 'Remove objective 1' }).click();
  expect(search()).toMatchObject({ metric: 'val_loss', direction: 'minimize', objectives: null });
});

it('the space is the same in YAML, and what is written there is drawn', async () => {
  const draft = searching({ [RATE]: rate });
  const yaml = show(YamlEditor, { draft });
  const text = page.getByRole('textbox', { name: 'Config as YAML' });
  await expect.poll(() => (text.element() as HTMLTextAreaElement).value).toContain(`      ${RATE}:`);
  const written = (text.element() as HTMLTextAreaElement).value;
  await userEvent.fill(text, written.replace('low: 0.00001', 'low: 0.002').replace('name: tpe', 'name: random'));
  await expect.poll(() => draft.space[RATE]).toMatchObject({ low: 0.002 });
  await yaml.remove();
  showForms(draft);
  flushSync();
  await expect
    .element(page.getByRole('slider', { name: 'Lowest learning rate' }))
    .toHaveAttribute('aria-valuetext', '0.002');
  await expect.element(page.getByRole('combobox', { name: 'Sampler' })).toHaveValue('random');
});
