/** The place for peers: what trains together, a link to join by, pairing by codes, and how a run is started for others. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { PeerSettings } from '../../../../src/app/api';
import { LatheError } from '../../../../src/base/errors';
import { groupOf, linkHere, offerOf, roomOf, sharedRun, TOKEN } from '../../../helpers/groups';
import { expectAccessible, openPage, training } from './open-page';
import { DATASET } from './train/fixture';

// The pages' chunks are transformed when they are first asked for.
beforeAll(async () => {
  await Promise.all([
    import('../../../../src/ui/pages/peers/Peers.svelte'),
    import('../../../../src/ui/pages/join/Join.svelte'),
    import('../../../../src/ui/pages/run/Run.svelte'),
    import('../../../../src/ui/pages/settings/Settings.svelte'),
    import('../../../../src/ui/pages/train/Train.svelte'),
    import('../../../../src/ui/shell/GroupDialogs.svelte'),
  ]);
});

beforeEach(() => page.viewport(1280, 1200));

describe('the place for peers', () => {
  it('lists what trains together now', async () => {
    await openPage('#/peers', training(groupOf(3)));
    const card = page.getByRole('link', { name: /digits together/ }).first();
    await expect.element(card).toHaveAttribute('href', '#/runs/run-1?tab=peers');
    await expect.element(card).toHaveTextContent(/3 peers/);
    await expectAccessible();
  });

  it('says what to do while nothing does', async () => {
    await openPage('#/peers');
    await expect.element(page.getByText('Nothing trains together yet')).toBeVisible();
    await expect
      .element(page.getByRole('link', { name: 'Train together' }))
      .toHaveAttribute('href', '#/train?together=1');
    await expectAccessible();
  });

  it('opens the link that was pasted, and refuses what is none', async () => {
    await openPage('#/peers?join=1', { peers: { look: async () => offerOf() } });
    const field = page.getByRole('textbox', { name: 'Link to join' });
    await expect.element(field).toHaveFocus();
    await userEvent.fill(field, 'https://lathe.example/');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByRole('alert')).toHaveTextContent('This is no link to a run.');
    await userEvent.fill(field, ` ${linkHere()} `);
    await userEvent.keyboard('{Enter}');
    await expect.poll(() => location.hash).toBe(`#/join/${TOKEN}`);
    await expect.element(page.getByRole('heading', { name: 'digits together' })).toBeVisible();
  });

  it('pairs two browsers by codes: the guest goes on once the two are connected', async () => {
    const taken: string[] = [];
    const memory = await openPage('#/peers', {
      peers: {
        look: async () => offerOf(),
        answerPairing: async (code) => {
          taken.push(code);
          if (code.endsWith('wrong')) throw new LatheError('usage', 'This code is damaged.');
          return { code: 'the answer', qr: null, link: linkHere() };
        },
      },
    });
    const field = page.getByRole('textbox', { name: 'Code of the other browser' });
    await userEvent.fill(field, 'LATHE-A.wrong');
    await page.getByRole('button', { name: 'Answer it' }).click();
    await expect.element(page.getByText('This code is damaged.')).toBeVisible();
    // Messengers break long lines.
    await userEvent.fill(field, 'Here it is: LATHE-A.the\n code');
    await page.getByRole('button', { name: 'Answer it' }).click();
    await expect.element(page.getByRole('textbox', { name: 'Your answer' })).toHaveValue('the answer');
    expect(taken).toEqual(['LATHE-A.wrong', 'LATHE-A.thecode']);
    memory.emit({ type: 'room', status: roomOf({ run_id: null, role: 'guest', connected: 0 }) });
    expect(location.hash).toBe('#/peers');
    memory.emit({ type: 'room', status: roomOf({ run_id: null, role: 'guest', connected: 1 }) });
    await expect.poll(() => location.hash).toBe(`#/join/${TOKEN}`);
  });

  it('pairs from the side of the run: a code out, the answer in', async () => {
    const accepted: string[][] = [];
    const content = training(groupOf(1));
    await openPage('#/peers?pair=invite', {
      ...content,
      peers: { ...content.peers, acceptPairing: async (...both) => void accepted.push(both) },
    });
    await page.getByRole('button', { name: 'Make a code' }).click();
    await expect.element(page.getByRole('textbox', { name: 'Your code' })).toHaveValue('offer');
    await expect.element(page.getByRole('img', { name: 'Your code as a QR code' })).toBeVisible();
    await expectAccessible();
    await userEvent.fill(page.getByRole('textbox', { name: 'Answer of the other browser' }), 'answer');
    await page.getByRole('button', { name: 'Connect' }).click();
    await expect.element(page.getByText('Taken: the two are connecting.')).toBeVisible();
    expect(accepted).toEqual([['run-1', 'answer']]);
  });
});

describe('settings', () => {
  it('are kept when they are right, and complained of beside their field when they are not', async () => {
    const kept: Partial<PeerSettings>[] = [];
    const settings: PeerSettings = {
      name: null,
      signalling: null,
      ice_servers: [],
      relay_only: false,
      connections: 1,
    };
    await openPage('#/settings', {
      peers: {
        settings: async () => settings,
        configure: async (change) => {
          if (change.ice_servers?.some(({ urls, username }) => urls[0].startsWith('turn') && username === null))
            throw new LatheError('config', 'ice_servers.0: is a TURN server, which needs a user name.', {
              key: 'ice_servers.0',
            });
          kept.push(change);
          return { ...settings, ...change };
        },
      },
    });
    await userEvent.fill(page.getByRole('textbox', { name: 'Name' }), 'Ada');
    await userEvent.tab();
    await page.getByRole('button', { name: 'Add a server' }).click();
    await userEvent.fill(page.getByRole('textbox', { name: 'Address of server 1' }), 'turn:turn.example:3478');
    await userEvent.tab();
    await expect.element(page.getByText('It is a TURN server, which needs a user name.')).toBeVisible();
    await userEvent.fill(page.getByRole('textbox', { name: 'User name at server 1' }), 'ada');
    await userEvent.tab();
    await expect.element(page.getByRole('checkbox', { name: /through the TURN servers/ })).toBeVisible();
    expect(kept).toEqual([
      { name: 'Ada' },
      {
        ice_servers: [{ urls: ['turn:turn.example:3478'], username: 'ada', credential: null }],
        relay_only: false,
      },
    ]);
    await expectAccessible();
  });
});

it('“Train together” starts the run as one that others join, and shows its link', async () => {
  const hosted: boolean[] = [];
  const memory = await openPage(`#/train?dataset=${DATASET.id}`, {
    datasets: [DATASET],
    peers: {
      host: async (config) => {
        hosted.push(config.training.distributed.enabled);
        return { run: sharedRun(), link: linkHere() };
      },
    },
  });
  // The model of a dataset that is only a row is never built.
  memory.workbench.configs.summarize = () => new Promise(() => undefined);
  await page.getByRole('button', { name: 'Train together' }).click();
  await expect.poll(() => location.hash).toBe('#/runs/run-1?tab=peers');
  await expect.element(page.getByRole('textbox', { name: 'Link to join' })).toHaveValue(linkHere());
  expect(hosted).toEqual([true]);
});
