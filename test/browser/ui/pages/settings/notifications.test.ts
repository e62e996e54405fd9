/** What users set of notifications, and how the browser and webhooks are told. */
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { expectAccessible, openPage } from '../open-page';

const KEY = 'lathe:notify';
const SECRET = 'https://hooks.slack.com/services/T000/B000/topSECRET';

beforeAll(() => import('../../../../../src/ui/pages/settings/Settings.svelte'));
beforeEach(async () => {
  localStorage.removeItem(KEY);
  await page.viewport(1280, 1200);
});

/** What the browser answers when the page asks to show notifications; those that it showed. */
function browserThat(answers: NotificationPermission) {
  const shown: { title: string; body: string | undefined }[] = [];
  let permission: NotificationPermission = 'default';
  const asked = vi.fn(async () => (permission = answers));
  class FakeNotification {
    static requestPermission = asked;
    static get permission() {
      return permission;
    }
    onclick = null;
    constructor(title: string, options?: NotificationOptions) {
      shown.push({ title, body: options?.body });
    }
    close() {}
  }
  vi.stubGlobal('Notification', FakeNotification);
  onTestFinished(() => void vi.unstubAllGlobals());
  return { shown, asked };
}

describe('the settings of notifications', () => {
  it('ask for permission on a click only, and keep what was switched', async () => {
    const { shown, asked } = browserThat('granted');
    await openPage('#/settings');
    const box = page.getByRole('checkbox', { name: 'Notifications of this browser' });
    await expect.element(box).toBeEnabled();
    expect(asked).not.toHaveBeenCalled();
    await userEvent.click(box);
    await expect.element(box).toBeChecked();
    expect(asked).toHaveBeenCalledTimes(1);
    await userEvent.click(page.getByRole('checkbox', { name: /new best/ }));
    await expect.poll(() => localStorage.getItem(KEY)).toMatch(/"new_best":false.*"browser":true/);
    await userEvent.click(page.getByRole('button', { name: 'Send a test' }));
    await expect.element(page.getByText('This browser: the message was taken.')).toBeVisible();
    expect(shown).toEqual([{ title: 'A test finished', body: 'Lathe sends its notifications here.' }]);
    await expectAccessible();
  });

  it('say what to do where the browser refuses', async () => {
    browserThat('denied');
    await openPage('#/settings');
    const box = page.getByRole('checkbox', { name: 'Notifications of this browser' });
    await expect.element(box).toBeEnabled();
    await userEvent.click(box);
    await expect.element(page.getByRole('alert')).toHaveTextContent(/Allow them in the settings beside its address/);
    await expect.element(box).not.toBeChecked();
    expect(localStorage.getItem(KEY)).toBeNull();
  });

  it('take a webhook, never show its address again, and let it be removed', async () => {
    const memory = await openPage('#/settings');
    const field = page.getByLabelText('Webhook', { exact: true });
    await expect.element(field).toBeEnabled();
    await userEvent.fill(field, 'https://app.slack.com/client/topSECRET');
    await userEvent.click(page.getByRole('button', { name: 'Add webhook' }));
    await expect.element(page.getByRole('alert')).toHaveTextContent(/begin with https:\/\/hooks.slack.com\/services\//);
    await userEvent.fill(field, SECRET);
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByText('Slack, …CRET')).toBeVisible();
    await expect.element(field).toHaveValue('');
    expect(document.body.innerHTML).not.toContain('topSECRET');
    expect(JSON.stringify(await memory.workbench.notifications.settings())).not.toContain('topSECRET');
    await expectAccessible();
    await userEvent.click(page.getByRole('button', { name: 'Remove Slack, …CRET' }));
    await expect.element(page.getByText('Slack, …CRET')).not.toBeInTheDocument();
    expect(localStorage.getItem(KEY)).not.toContain('SECRET');
  });

  it('keep the minutes of a stall within reason', async () => {
    await openPage('#/settings');
    const field = page.getByLabelText('minutes without a step');
    await expect.element(field).toHaveValue(10);
    await userEvent.fill(field, '0');
    await userEvent.tab();
    await expect.element(page.getByRole('alert')).toHaveTextContent('A run counts as stalled after 1 to 1440 minutes.');
    await userEvent.fill(field, '30');
    await userEvent.tab();
    await expect.poll(() => localStorage.getItem(KEY)).toContain('"stalled_minutes":30');
  });

  it('say which place a test did not reach, without its address', async () => {
    vi.spyOn(window, 'fetch').mockImplementation(async () => new Response('gone', { status: 404 }));
    onTestFinished(() => void vi.restoreAllMocks());
    localStorage.setItem(KEY, JSON.stringify({ webhooks: [{ id: 'w', service: 'slack', url: SECRET }] }));
    await openPage('#/settings');
    const button = page.getByRole('button', { name: 'Send a test' });
    await expect.element(button).toBeEnabled();
    await userEvent.click(button);
    await expect.element(page.getByText(/^Slack, …CRET: Slack no longer knows this address/)).toBeVisible();
    expect(document.body.innerHTML).not.toContain('topSECRET');
  });

  it('start over where what is stored is damaged', async () => {
    localStorage.setItem(KEY, '{"on":');
    await openPage('#/settings');
    await expect.element(page.getByRole('checkbox', { name: 'A run finished' })).toBeChecked();
    await expect.element(page.getByRole('button', { name: 'Send a test' })).toBeDisabled();
  });
});
