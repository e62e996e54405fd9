import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LatheError } from '../../../../src/base/errors';
import { DeliveryError, type Http } from '../../../../src/tracking/http/http';
import type { RunNotification } from '../../../../src/tracking/notify/notification';
import { payloadFor } from '../../../../src/tracking/notify/payloads';
import { parseWebhook, sendToWebhook, webhookLabel } from '../../../../src/tracking/notify/webhook';
import { plainHttp } from '../../../helpers/tracked-run';

const SLACK = 'https://hooks.slack.com/services/T000/B000/SECRETsecret';
const DISCORD = 'https://discord.com/api/webhooks/123456/SECRET-secret_x';

const notification = (change: Partial<RunNotification> = {}, name = 'digits'): RunNotification => ({
  kind: 'finished',
  run: { id: 'a1b2c3d4', name, status: 'finished', epoch: 3, step: 120 },
  text: 'Best val_loss: 0.25.',
  metrics: { val_loss: 0.25, odd: NaN },
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  ...change,
});

const slackBody = (what: RunNotification): unknown =>
  JSON.parse(new URLSearchParams(payloadFor('slack', what).body).get('payload') ?? '');

describe('the body of a webhook', () => {
  it('is plain data for any service', () => {
    const { type, body } = payloadFor('generic', notification());
    expect(type).toBe('application/json');
    expect(JSON.parse(body)).toEqual({
      source: 'lathe',
      event: 'finished',
      title: 'digits finished',
      text: 'Best val_loss: 0.25.',
      run: { id: 'a1b2c3d4', name: 'digits', status: 'finished', epoch: 3, step: 120 },
      metrics: { val_loss: 0.25, odd: null },
      at: '2026-01-02T03:04:05.000Z',
    });
  });

  it('is a form for Slack, which a page may send without asking first', () => {
    expect(payloadFor('slack', notification()).type).toBe('application/x-www-form-urlencoded');
    expect(slackBody(notification())).toMatchObject({
      text: 'digits finished',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'digits finished' } },
        { type: 'section', text: { type: 'plain_text', text: 'Best val_loss: 0.25.' } },
        { type: 'context', elements: [{ type: 'plain_text', text: 'Run a1b2c3d4 · epoch 3 · step 120' }] },
      ],
    });
  });

  it('has no markup of Slack that stood in a name', () => {
    const name = '<!channel> & <https://evil.example|click> *b* & more';
    expect(slackBody(notification({}, name))).toMatchObject({
      text: '&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt; *b* &amp; more finished',
      blocks: [{ text: { type: 'plain_text', text: `${name} finished`, emoji: false } }, {}, {}],
    });
  });

  it('is an embed for Discord, that mentions nobody', () => {
    const { type, body } = payloadFor('discord', notification({ kind: 'failed' }));
    expect(type).toBe('application/json');
    expect(JSON.parse(body)).toMatchObject({
      content: '**digits failed**',
      allowed_mentions: { parse: [] },
      embeds: [{ description: 'Best val\\_loss\\: 0.25.', color: 0xc0392b, timestamp: '2026-01-02T03:04:05.000Z' }],
    });
  });

  it('has no markup of Discord that stood in a name or a reason', () => {
    const name = '@everyone **x** `c` [l](http://e) <@1> ||s||\n# big\\';
    const { content, embeds } = JSON.parse(payloadFor('discord', notification({ text: name }, name)).body) as {
      content: string;
      embeds: { description: string }[];
    };
    const escaped = '\\@everyone \\*\\*x\\*\\* \\`c\\` \\[l\\]\\(http\\://e\\) \\<\\@1\\> \\|\\|s\\|\\| \\# big\\\\';
    expect(content).toBe(`**${escaped} finished**`);
    expect(embeds[0].description).toBe(escaped);
  });

  it('stays within what the services take, whatever the lengths', () => {
    const long = '*😀'.repeat(3000);
    const { blocks } = slackBody(notification({ text: long }, long)) as { blocks: { text: { text: string } }[] };
    expect([...blocks[0].text.text].length).toBeLessThanOrEqual(150);
    expect(blocks[1].text.text.length).toBeLessThanOrEqual(3000);
    const discord = JSON.parse(payloadFor('discord', notification({ text: long }, long)).body) as {
      content: string;
      embeds: { description: string }[];
    };
    expect(discord.content.length).toBeLessThanOrEqual(2000);
    expect(discord.embeds[0].description.length).toBeLessThanOrEqual(4096);
    expect(discord.content).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
  });
});

describe('an address that was typed', () => {
  it.each([
    [` ${SLACK} `, 'slack', SLACK],
    [DISCORD, 'discord', DISCORD],
    ['https://discordapp.com/api/webhooks/1/x', 'discord', 'https://discord.com/api/webhooks/1/x'],
    ['https://ntfy.sh/topic', 'generic', 'https://ntfy.sh/topic'],
    ['http://localhost:8080/hook', 'generic', 'http://localhost:8080/hook'],
    ['https://notslack.com/services/x', 'generic', 'https://notslack.com/services/x'],
  ])('%s belongs to %s', (text, service, url) => expect(parseWebhook(text)).toEqual({ service, url }));

  it.each([
    '',
    'hooks.slack.com/services/SECRET',
    'ftp://x/SECRET',
    'http://example.org/SECRET',
    'https://u:SECRET@x/',
    'https://app.slack.com/client/SECRET',
    'https://discord.com/channels/1/SECRET',
  ])('%s is refused, and not repeated', (text) => {
    const thrown = (() => {
      try {
        return parseWebhook(text);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(LatheError);
    expect(String(thrown)).not.toContain('SECRET');
  });

  it('is shown by its end only', () => {
    expect(webhookLabel(parseWebhook(SLACK))).toBe('Slack, …cret');
    expect(webhookLabel(parseWebhook('https://ntfy.sh/secret-topic'))).toBe('ntfy.sh, …opic');
  });
});

/** A server that answers with these statuses, then with 200. */
async function receiver(...statuses: [number, Record<string, string>?][]) {
  const bodies: { type: string | undefined; text: string }[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      bodies.push({ type: request.headers['content-type'], text });
      const [status, headers] = statuses.shift() ?? [200];
      response.writeHead(status, headers).end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return { bodies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/SECRET` };
}

describe('sending', () => {
  it('posts the body as it is', async () => {
    const { bodies, url } = await receiver();
    await sendToWebhook(plainHttp, { service: 'slack', url }, notification());
    expect(bodies).toEqual([
      { type: 'application/x-www-form-urlencoded', text: payloadFor('slack', notification()).body },
    ]);
  });

  it('tries again where that may help, and waits as it is asked to', async () => {
    const { bodies, url } = await receiver([500], [429, { 'Retry-After': '7' }]);
    const waits: number[] = [];
    const wait = async (ms: number) => void waits.push(ms);
    await sendToWebhook(plainHttp, { service: 'generic', url }, notification(), { wait });
    expect(bodies).toHaveLength(3);
    expect(waits).toEqual([1000, 7000]);
  });

  it('gives up, and does not try again what was refused', async () => {
    const wait = async () => undefined;
    const broken = await receiver([500], [500], [500], [500], [500]);
    const sent = sendToWebhook(plainHttp, { service: 'discord', url: broken.url }, notification(), { wait });
    await expect(sent).rejects.toThrow('Discord has a problem of its own (500).');
    expect(broken.bodies).toHaveLength(4);
    const gone = await receiver([404]);
    await expect(
      sendToWebhook(plainHttp, { service: 'slack', url: gone.url }, notification(), { wait }),
    ).rejects.toThrow(/no longer knows this address/);
    expect(gone.bodies).toHaveLength(1);
  });

  it('never repeats the address in what it says', async () => {
    const url = 'https://example.org/SECRET';
    const leaking: Http = {
      credential: () => null,
      request: () => Promise.reject(new DeliveryError('refused', `POST ${url}`, { body: url, status: 400 })),
    };
    for (const http of [leaking, { ...leaking, request: () => Promise.reject(new Error(url)) }]) {
      const error: unknown = await sendToWebhook(http, { service: 'generic', url }, notification()).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(LatheError);
      const { message, stack, cause, details } = error as LatheError;
      expect([message, stack, String(cause), ...details].join(' ')).not.toContain('SECRET');
    }
  });
});
