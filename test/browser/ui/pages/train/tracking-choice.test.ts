/** Where a run is to be sent: ticks that fill in settings of its config. */
import { afterEach, expect, it } from 'vitest';
import { page } from 'vitest/browser';
import type { DestinationRow } from '../../../../../src/store/delivery';
import TrackingChoice from '../../../../../src/ui/pages/train/TrackingChoice.svelte';
import type { Draft } from '../../../../../src/ui/pages/train/draft.svelte';
import { Session } from '../../../../../src/ui/state/session.svelte';
import { kept, memoryTracking, MLFLOW } from '../../../../helpers/memory-tracking';
import { draftOf, show, workbenchWith } from './fixture';

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

function open(destinations: DestinationRow[] = []): Draft {
  const draft = draftOf({ model: { architecture: 'mlp' } });
  const session = new Session({ ...workbenchWith([], []), tracking: memoryTracking({ destinations }).tracking });
  close = show(TrackingChoice, { draft }, session).remove;
  return draft;
}

const here = page.getByRole('checkbox', { name: /^Models of this browser/ });
const said = (draft: Draft) => draft.config?.registry.mlflow;

it('keeps the model in this browser, named for its data where it has no name', async () => {
  const draft = open();
  await here.click();
  expect(said(draft)).toEqual({ tracking_uri: 'local', model_name: 'points', alias: null });
  await here.click();
  expect(said(draft)?.tracking_uri).toBeNull();
  draft.set('registry.mlflow.model_name', 'mine');
  await here.click();
  expect(said(draft)).toMatchObject({ tracking_uri: 'local', model_name: 'mine' });
});

it('is one of this browser and a server', async () => {
  const draft = open([kept(MLFLOW)]);
  const server = page.getByRole('checkbox', { name: /mlflow\.example\.org/ });
  await here.click();
  await server.click();
  await expect.element(here).not.toBeChecked();
  expect(said(draft)?.tracking_uri).toBe(MLFLOW.options.url);
  await here.click();
  await expect.element(server).not.toBeChecked();
  expect(draft.problems).toEqual([]);
  expect(said(draft)?.tracking_uri).toBe('local');
});
