/** Where runs are sent, as people see it: settings, what waits, what is in the way and how it is mended. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { LatheError } from '../../../../src/base/errors';
import type { Destination } from '../../../../src/store/delivery';
import { deliveryOf, kept, memoryTracking, MLFLOW, WANDB } from '../../../helpers/memory-tracking';
import { runRow } from '../../../helpers/run-row';
import { studyRow } from './train/fixture';
import { expectAccessible, openPage } from './open-page';

// The pages' chunks are transformed when they are first asked for.
beforeAll(async () => {
  await Promise.all([
    import('../../../../src/ui/pages/settings/Settings.svelte'),
    import('../../../../src/ui/pages/run/Run.svelte'),
    import('../../../../src/ui/pages/sync/Sync.svelte'),
    import('../../../../src/ui/pages/sweep/Sweep.svelte'),
    import('../../../../src/ui/shell/TrackingDialogs.svelte'),
    import('../../../../src/ui/shell/CommandPalette.svelte'),
  ]);
});

beforeEach(() => page.viewport(1280, 1200));

const run = runRow('run-1', { name: 'digits one', status: 'finished', best_checkpoint: 'c' });
const NOT_ALLOWED = {
  code: 'not_allowed' as const,
  message: 'Nothing may be sent to https://mlflow.example.org yet.',
  at: 1,
};

describe('settings', () => {
  it('keep a destination with the credential that its server asks for, and show the key no more', async () => {
    const { tracking, credentials } = memoryTracking();
    await openPage('#/settings?part=tracking', { tracking });
    await expect.element(page.getByRole('heading', { name: 'Tracking' })).toBeInViewport();
    await page.getByRole('button', { name: 'Add destination' }).click();
    await expect.element(page.getByRole('combobox', { name: 'Kind' })).toHaveFocus();
    const add = page.getByRole('button', { name: 'Add', exact: true });
    await expect.element(add).toBeDisabled();
    await userEvent.fill(page.getByRole('textbox', { name: 'Address', exact: true }), 'https://mlflow.example.org');
    await userEvent.fill(page.getByRole('textbox', { name: 'Experiment' }), 'digits');
    await page.getByText('Token', { exact: true }).click();
    const secret = page.getByLabelText('Token', { exact: true }).last();
    await expect.element(secret).toHaveAttribute('type', 'password');
    await userEvent.fill(secret, 'hush');
    await page.getByRole('checkbox', { name: /Send every run there/ }).click();
    await expectAccessible();
    await userEvent.keyboard('{Tab}');
    await add.click();
    const every = page.getByRole('checkbox', { name: 'Send every run to MLflow at mlflow.example.org' });
    await expect.element(every).toBeChecked();
    expect(await tracking.destinations()).toMatchObject([{ ...MLFLOW, every_run: true }]);
    expect(credentials.get('https://mlflow.example.org')).toEqual({ scheme: 'bearer', token: 'hush' });
    await expect.element(page.getByText(/^A token is kept for it/)).toBeVisible();
    expect(document.body.innerHTML).not.toContain('hush');
    await expectAccessible();
  });

  it('say beside a field what is wrong with it', async () => {
    const { tracking } = memoryTracking();
    await openPage('#/settings', { tracking });
    await page.getByRole('button', { name: 'Add destination' }).click();
    await userEvent.fill(page.getByRole('textbox', { name: 'Address', exact: true }), 'sqlite:///runs.db');
    await userEvent.keyboard('{Enter}');
    const address = page.getByRole('textbox', { name: 'Address', exact: true });
    await expect.element(address).toHaveAttribute('aria-invalid', 'true');
    await expect.element(page.getByRole('alert')).toHaveTextContent(/^Give the http\(s\) address of an MLflow server/);
    expect(await tracking.destinations()).toEqual([]);
  });

  it('check a connection, and forget a server that was allowed for that alone', async () => {
    const asked: Destination[] = [];
    const { tracking } = memoryTracking(
      {},
      {
        check: async (destination) => {
          asked.push(destination);
          if (asked.length === 1)
            throw new LatheError('tracking', 'The server does not let this page read its answers.');
          return 'MLflow 3.18 answers.';
        },
      },
    );
    await openPage('#/settings', { tracking });
    await page.getByRole('button', { name: 'Add destination' }).click();
    await userEvent.fill(page.getByRole('textbox', { name: 'Address', exact: true }), 'http://localhost:5000');
    await page.getByRole('button', { name: 'Check connection' }).click();
    await expect.element(page.getByText('The server does not let this page read its answers.')).toBeVisible();
    await page.getByRole('button', { name: 'Check connection' }).click();
    await expect.element(page.getByText('MLflow 3.18 answers.')).toBeVisible();
    expect(asked.at(-1)).toEqual({ kind: 'mlflow', options: { url: 'http://localhost:5000' } });
    expect(await tracking.servers()).toHaveLength(1);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => tracking.servers()).toEqual([]);
  });

  it('remove a destination and bring it back, and forget a server', async () => {
    const { tracking } = memoryTracking({
      destinations: [kept(WANDB, true)],
      servers: [{ origin: 'https://api.wandb.ai', allowed_at: 1, credential: 'key' }],
    });
    await openPage('#/settings', { tracking });
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await expect.poll(() => tracking.destinations()).toEqual([]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(async () => (await tracking.destinations()).map(({ every_run }) => every_run)).toEqual([true]);
    await page.getByRole('button', { name: 'Forget https://api.wandb.ai' }).click();
    await expect.poll(() => tracking.servers()).toEqual([]);
  });

  it('begin with the address of the hosted service, where a kind has one', async () => {
    const { tracking } = memoryTracking();
    await openPage('#/settings', { tracking });
    await page.getByRole('button', { name: 'Add destination' }).click();
    await page.getByRole('combobox', { name: 'Kind' }).selectOptions('wandb');
    const address = page.getByRole('textbox', { name: 'Address', exact: true });
    await expect.element(address).toHaveValue('https://api.wandb.ai');
    await userEvent.clear(address);
    await expect.element(page.getByRole('button', { name: 'Add', exact: true })).toBeDisabled();
    await page.getByRole('combobox', { name: 'Kind' }).selectOptions('mlflow');
    await expect.element(address).toHaveValue('');
    await page.getByRole('combobox', { name: 'Kind' }).selectOptions('wandb');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await expect
      .poll(() => tracking.destinations())
      .toMatchObject([{ kind: 'wandb', options: { url: 'https://api.wandb.ai' } }]);
  });

  it('take a folder that is chosen', async () => {
    const { tracking } = memoryTracking();
    await openPage('#/settings', { tracking });
    await page.getByRole('button', { name: 'Add destination' }).click();
    await page.getByRole('combobox', { name: 'Kind' }).selectOptions('tensorboard');
    await page.getByRole('button', { name: 'Choose a folder…' }).click();
    await expect.element(page.getByText('logs')).toBeVisible();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await expect.poll(async () => (await tracking.destinations()).map(({ kind }) => kind)).toEqual(['tensorboard']);
  });
});

describe('the tab of a run', () => {
  it('sends a run that ended to a destination that is kept', async () => {
    const { tracking } = memoryTracking({ destinations: [kept(MLFLOW)] });
    await openPage('#/runs/run-1?tab=sync', { runs: [run], tracking });
    await expect.element(page.getByText('This run is in this browser only')).toBeVisible();
    await expectAccessible();
    await page.getByRole('button', { name: 'Send to…' }).click();
    await page.getByRole('button', { name: 'Send to MLflow at mlflow.example.org' }).click();
    await expect.element(page.getByRole('heading', { name: 'MLflow at mlflow.example.org' })).toBeVisible();
    expect(await tracking.deliveries({ noun: 'run', id: 'run-1' })).toMatchObject([{ destination: MLFLOW }]);
  });

  it('sends it to a new one, which is kept where that is wanted', async () => {
    const { tracking } = memoryTracking();
    await openPage('#/runs/run-1?tab=sync', { runs: [run], tracking });
    await page.getByRole('button', { name: 'Send to…' }).click();
    await userEvent.fill(page.getByRole('textbox', { name: 'Address', exact: true }), 'http://localhost:5000');
    await page.getByRole('checkbox', { name: 'Keep it for other runs' }).click();
    await expectAccessible();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await expect.element(page.getByRole('heading', { name: 'MLflow at localhost:5000' })).toBeVisible();
    expect(await tracking.destinations()).toEqual([]);
    expect((await tracking.servers()).map(({ origin }) => origin)).toEqual(['http://localhost:5000']);
  });

  it('says how far it is, why not further, and when it is tried again', async () => {
    const { tracking, retried } = memoryTracking({
      deliveries: [
        deliveryOf('run-1', MLFLOW, {
          pending: 1200,
          next_attempt: Date.now() + 61_000,
          attempts: 3,
          url: 'https://mlflow.example.org/#/runs/7',
          error: { code: 'server', message: 'The server answers 503: it is tried again.', at: 1 },
          sent: { points: 5400, lines: 12, media: 0, files: 1, bytes: 81_000, requests: 9 },
        }),
      ],
    });
    const memory = await openPage('#/runs/run-1?tab=sync', { runs: [run], tracking });
    await expect.element(page.getByText(/1,200 waiting/)).toBeVisible();
    await expect.element(page.getByText(/Next attempt in 1\smin 0/)).toBeVisible();
    await expect.element(page.getByText(/5,400 points, 12 lines, 1 file, 81/)).toBeVisible();
    await expect.element(page.getByText('The server answers 503: it is tried again.')).toBeVisible();
    await expect
      .element(page.getByRole('link', { name: 'Its page there' }))
      .toHaveAttribute('href', 'https://mlflow.example.org/#/runs/7');
    await expectAccessible();
    await page.getByRole('button', { name: 'Retry now' }).click();
    expect(retried).toEqual([deliveryOf('run-1', MLFLOW).id]);
    memory.emit({
      type: 'delivery',
      delivery: deliveryOf('run-1', MLFLOW, { state: 'done', updated: Date.now() + 1 }),
    });
    await expect.element(page.getByText('all there')).toBeVisible();
    await expect.element(page.getByRole('button', { name: 'Retry now' })).not.toBeInTheDocument();
  });

  it('never makes a link of an address that is no page', async () => {
    const url = 'javascript:alert(1)';
    const { tracking } = memoryTracking({ deliveries: [deliveryOf('run-1', MLFLOW, { url })] });
    await openPage('#/runs/run-1?tab=sync', { runs: [run], tracking });
    await expect.element(page.getByRole('heading', { name: 'MLflow at mlflow.example.org' })).toBeVisible();
    await expect.element(page.getByRole('link', { name: 'Its page there' })).not.toBeInTheDocument();
  });

  it('asks whether a server is allowed, with the key that it wants, and goes on', async () => {
    const delivery = deliveryOf('run-1', MLFLOW, { state: 'blocked', error: NOT_ALLOWED });
    const { tracking, credentials, retried } = memoryTracking({ deliveries: [delivery] });
    await openPage('#/runs/run-1?tab=sync', { runs: [run], tracking });
    const allow = page.getByRole('button', { name: 'Allow sending to https://mlflow.example.org' });
    await expect.element(allow).toBeEnabled();
    await page.getByText('Password', { exact: true }).click();
    await expect.element(allow).toBeDisabled();
    await userEvent.fill(page.getByRole('textbox', { name: 'User name' }), 'ada');
    await userEvent.fill(page.getByLabelText('Password', { exact: true }).last(), 'hush');
    await expectAccessible();
    await userEvent.keyboard('{Enter}');
    await expect.poll(() => retried).toEqual([delivery.id]);
    expect(credentials.get('https://mlflow.example.org')).toEqual({
      scheme: 'basic',
      username: 'ada',
      password: 'hush',
    });
  });

  it('stops sending after a question', async () => {
    const { tracking } = memoryTracking({ deliveries: [deliveryOf('run-1', MLFLOW)] });
    const memory = await openPage('#/runs/run-1?tab=sync', { runs: [run], tracking });
    await page.getByRole('button', { name: 'Stop sending' }).click();
    await page.getByRole('button', { name: 'Go on sending' }).click();
    expect(await tracking.deliveries()).toHaveLength(1);
    await page.getByRole('button', { name: 'Stop sending' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop sending' }).click();
    await expect.poll(() => tracking.deliveries()).toEqual([]);
    memory.emit({ type: 'delivery_removed', id: deliveryOf('run-1', MLFLOW).id });
    await expect.element(page.getByText('This run is in this browser only')).toBeVisible();
  });
});

it('a study has the same tab', async () => {
  const study = studyRow('s1', 'wide search', 'd1');
  const { tracking } = memoryTracking({ deliveries: [deliveryOf('s1', WANDB, { noun: 'study', state: 'done' })] });
  await openPage('#/sweeps/s1?tab=sync', { studies: [{ study, trials: [] }], tracking });
  await expect.element(page.getByRole('heading', { name: 'Weights & Biases at api.wandb.ai' })).toBeVisible();
  await expectAccessible();
});

describe('what waits', () => {
  it('is named in full when it is blocked, though it is the first that this page hears of it', async () => {
    const { tracking } = memoryTracking();
    const memory = await openPage('#/runs', { runs: [run], tracking });
    memory.emit({ type: 'delivery', delivery: deliveryOf('run-1', MLFLOW, { state: 'blocked', error: NOT_ALLOWED }) });
    await expect
      .element(page.getByText(/takes no runs now/))
      .toHaveTextContent('MLflow at mlflow.example.org takes no runs now');
  });

  it('is said on every page, listed in one place, and tried again at once', async () => {
    const { tracking, retried } = memoryTracking({
      deliveries: [
        deliveryOf('run-1', MLFLOW, { pending: 30 }),
        deliveryOf('run-1', WANDB, { state: 'blocked', error: { ...NOT_ALLOWED, code: 'quota' }, pending: 12 }),
        deliveryOf('run-2', WANDB, { state: 'done' }),
      ],
    });
    await openPage('#/runs', { runs: [run], tracking });
    const mark = page.getByRole('link', { name: /1 blocked/ });
    await expect.element(mark).toHaveAttribute('href', '#/sync');
    await mark.click();
    await expect.element(page.getByRole('heading', { name: 'Sync' })).toBeVisible();
    await expect.element(page.getByText(/2 deliveries have not arrived whole: 42 points/)).toBeVisible();
    const links = page.getByRole('list', { name: 'Deliveries' }).getByRole('link', { name: 'digits one' });
    expect(links.elements()).toHaveLength(2);
    await expectAccessible();
    await page.getByRole('button', { name: 'Retry all' }).click();
    expect(retried).toEqual([null]);
  });

  it('shows nothing while nothing does', async () => {
    const { tracking } = memoryTracking({ deliveries: [deliveryOf('run-1', MLFLOW, { state: 'done' })] });
    await openPage('#/sync', { runs: [run], tracking });
    await expect.element(page.getByText('All that was to be sent has arrived.')).toBeVisible();
    await expect.element(page.getByRole('link', { name: /Sending/ })).not.toBeInTheDocument();
    await expectAccessible();
  });

  it('is told once when it becomes blocked, however often its row changes', async () => {
    const { tracking } = memoryTracking();
    const memory = await openPage('#/runs', { runs: [run], tracking });
    await expect.element(page.getByRole('heading', { name: 'Runs' })).toBeVisible();
    const blocked = (id: string, pending: number): void =>
      memory.emit({
        type: 'delivery',
        delivery: deliveryOf(id, MLFLOW, { state: 'blocked', error: NOT_ALLOWED, pending }),
      });
    blocked('run-1', 1);
    blocked('run-1', 2);
    blocked('run-2', 1);
    await expect.element(page.getByText('MLflow at mlflow.example.org takes no runs now')).toBeVisible();
    expect(page.getByText('MLflow at mlflow.example.org takes no runs now').elements()).toHaveLength(1);
    await page.getByRole('button', { name: 'Look' }).click();
    await expect.poll(() => location.hash).toBe('#/sync');
  });
});

it('the palette sends the run that is shown', async () => {
  const { tracking } = memoryTracking({ destinations: [kept(MLFLOW)] });
  await openPage('#/runs/run-1', { runs: [run], tracking });
  await expect.element(page.getByRole('tab', { name: 'Sync' })).toBeVisible();
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await userEvent.fill(page.getByRole('combobox', { name: 'Search everything' }), 'send this');
  await userEvent.keyboard('{Enter}');
  await expect.element(page.getByRole('dialog', { name: 'Send digits one to…' })).toBeVisible();
});
