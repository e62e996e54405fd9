/** A run whose examples others send: what its page says of the data that is not here. */
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { page } from 'vitest/browser';
import { groupOf, roomOf, sharedRun } from '../../../../helpers/groups';
import { expectAccessible, openPage } from '../open-page';
import { DATASET } from '../train/fixture';

// The pages' chunks are transformed when they are first asked for.
beforeAll(() => import('../../../../../src/ui/pages/run/Run.svelte'));

beforeEach(() => page.viewport(1280, 1200));

const run = sharedRun({ dataset_id: '', dataset_name: 'digits', best_checkpoint: 'run-1-600' });

it('says while it trains where the examples come from, and that they are waited for', async () => {
  const examples = { received: 12_400_000, sources: 2, waiting: 'Nobody who has the data of this run is in the room.' };
  await openPage('#/runs/run-1?tab=peers', {
    runs: [run],
    peers: { status: async () => groupOf(3), room: async () => roomOf({ role: 'guest', examples }) },
  });
  await expect.element(page.getByText('digits (not here)')).toBeVisible();
  await expect.element(page.getByText('Nobody who has the data of this run is in the room.')).toBeVisible();
  await expect.element(page.getByText(/12[.\d]*\s(MB|MiB) of examples came, 2 browsers can send them/)).toBeVisible();
  await expectAccessible();
});

it('says afterwards what cannot be done without the data, until that is here', async () => {
  const ended = { ...run, status: 'finished' as const };
  const without = await openPage('#/runs/run-1?tab=predictions', { runs: [ended] });
  await expect.element(page.getByText(/cannot be evaluated on its test split here/)).toBeVisible();
  await expect.element(page.getByRole('button', { name: 'Train again' })).toBeDisabled();
  await expectAccessible();
  await without.close();
  const digits = { ...DATASET, id: 'd7', name: 'my digits', content_hash: run.dataset_hash };
  await openPage('#/runs/run-1', { runs: [ended], datasets: [digits] });
  await expect.element(page.getByRole('link', { name: 'digits', exact: true })).toHaveAttribute('href', '#/data/d7');
  await expect.element(page.getByRole('button', { name: 'Train again' })).toBeEnabled();
});
