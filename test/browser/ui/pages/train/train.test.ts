/** The Train page: one run or a search, and what the search is started with. */
import { afterEach, expect, it } from 'vitest';
import { page } from 'vitest/browser';
import { router } from 'svelte-spa-router';
import Train from '../../../../../src/ui/pages/train/Train.svelte';
import { encodeShared } from '../../../../../src/ui/share';
import { Session } from '../../../../../src/ui/state/session.svelte';
import { DATASET, show, studyRow, workbenchWith, type StartedStudy } from './fixture';

let close: (() => Promise<void>) | undefined;
afterEach(async () => {
  await close?.();
  history.replaceState(history.state, '', '#');
});

async function openTrain(started: StartedStudy[], hash: string): Promise<void> {
  location.hash = hash;
  // The page writes its settings into the address: before the router has read ours they would be lost.
  await expect.poll(() => router.querystring).toBe(hash.slice(hash.indexOf('?') + 1));
  const session = new Session(
    workbenchWith([studyRow('s1', 'earlier', DATASET.id), studyRow('s9', 'of other data', 'd9')], started),
  );
  await session.library.load();
  close = show(Train, {}, session).remove;
}

const space = { 'training.optimizer.learning_rate': { type: 'float', low: 1e-5, high: 0.1, log: true } };

it('turns to a search and back without losing its settings', async () => {
  await openTrain([], `#/train?dataset=${DATASET.id}`);
  await expect.element(page.getByRole('button', { name: 'Train', exact: true })).toBeEnabled();
  await expect.element(page.getByRole('heading', { name: 'Search space' })).not.toBeInTheDocument();
  await page.getByText('Search', { exact: true }).click();
  await page.getByRole('button', { name: 'Search dropout' }).click();
  await expect.element(page.getByRole('button', { name: 'Start search (20 trials)' })).toBeEnabled();
  await page.getByText('One run', { exact: true }).click();
  await expect.element(page.getByRole('button', { name: 'Train', exact: true })).toBeEnabled();
  await expect.element(page.getByRole('spinbutton')).not.toBeInTheDocument();
  await expect.element(page.getByRole('textbox', { name: 'Dropout' })).toBeEnabled();
  await page.getByText('Search', { exact: true }).click();
  await expect.element(page.getByRole('slider', { name: 'Highest dropout' })).toBeVisible();
});

it('starts the search of a link with what an earlier one of the same data learnt, and goes to it', async () => {
  const started: StartedStudy[] = [];
  const config = encodeShared({
    optimization: { hyperparameter_search: { enabled: true, n_trials: 30, search_space: space } },
  });
  await openTrain(started, `#/train?dataset=${DATASET.id}&config=${config}`);
  const learn = page.getByRole('combobox', { name: 'Learn from' });
  await expect.element(learn).toBeVisible();
  expect([...learn.element().querySelectorAll('option')].map(({ value }) => value)).toEqual(['', 's1']);
  await learn.selectOptions('s1');
  await page.getByRole('button', { name: 'Start search (30 trials)' }).click();
  await expect.poll(() => location.hash).toBe('#/sweeps/s2');
  expect(started).toHaveLength(1);
  expect(started[0]).toMatchObject({ datasetId: DATASET.id, options: { warmStart: 's1' } });
  expect(started[0].config.optimization.hyperparameter_search).toMatchObject({ enabled: true, search_space: space });
});
