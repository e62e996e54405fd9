/** Webhooks: addresses that take notifications. Whoever knows one can write there, so they are kept as secrets are. */
import { LatheError } from '../../base/errors';
import type { DeliveryErrorCode } from '../../store/delivery';
import { DeliveryError, type Http } from '../http/http';
import type { RunNotification } from './notification';
import { payloadFor, type WebhookService } from './payloads';

/** Where notifications are sent. */
export interface Webhook {
  service: WebhookService;
  /** A secret. */
  url: string;
}

/** What may be over after a while. */
const PASSING: ReadonlySet<DeliveryErrorCode> = new Set(['offline', 'unreachable', 'timeout', 'too_many', 'server']);

/** Milliseconds before each new attempt. */
const WAITS = [1000, 5000, 30_000];

/** The longest that a service may ask to wait. */
const MOST_WAIT = 120_000;

const TIMEOUT_MS = 15_000;

const NAMES: Record<WebhookService, string> = { generic: 'The webhook', slack: 'Slack', discord: 'Discord' };

/** What is wrong, without the address: it is a secret, and so are answers that may repeat it. */
const SENTENCES: Partial<Record<DeliveryErrorCode, string>> = {
  cors: 'answers, but does not let this page talk to it. Its server must allow this page’s origin, the method POST and the header Content-Type (CORS)',
  mixed_content: 'is called by http, which the browser does not let a page that came by https do. Use an https address',
  offline: 'could not be reached: this machine is offline',
  unreachable: 'could not be reached. Check its address, and that no extension of the browser blocks it',
  timeout: 'did not answer in time',
  not_found: 'no longer knows this address. Make a new webhook there and replace it',
  unauthorized: 'no longer takes messages at this address. Make a new webhook there and replace it',
  forbidden: 'no longer takes messages at this address. Make a new webhook there and replace it',
  too_many: 'asks to be sent fewer messages',
  too_large: 'finds the message too large',
  refused: 'refused the message. Check that the address belongs to a webhook of this service',
  server: 'has a problem of its own',
};

/**
 * A webhook as it was typed. The service follows from the address where that is one of theirs.
 * @throws LatheError of kind `config` that does not repeat the address
 */
export function parseWebhook(text: string): Webhook {
  const typed = text.trim();
  const url = URL.canParse(typed) ? new URL(typed) : null;
  const refuse = (sentence: string): never => {
    throw new LatheError('config', sentence, { key: 'webhook' });
  };
  if (!url || !/^https?:$/.test(url.protocol)) return refuse('A webhook is an address that begins with https://.');
  if (url.username || url.password)
    return refuse('Browsers send nothing to addresses with a name and a password in them.');
  if (url.protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) {
    return refuse('The address must begin with https://: whoever sees it on its way could write there, too.');
  }
  if (/(^|\.)slack\.com$/.test(url.hostname)) {
    if (
      !url.pathname.startsWith('/services/') &&
      !url.pathname.startsWith('/workflows/') &&
      !url.pathname.startsWith('/triggers/')
    )
      return refuse('This is no webhook of Slack: those begin with https://hooks.slack.com/services/.');
    return { service: 'slack', url: url.href };
  }
  if (/(^|\.)discord(app)?\.com$/.test(url.hostname)) {
    if (!/^\/api\/(v\d+\/)?webhooks\/\d+\/[\w-]+/.test(url.pathname)) {
      return refuse('This is no webhook of Discord: those begin with https://discord.com/api/webhooks/.');
    }
    // The old host only redirects, which browsers do not follow before they were allowed to.
    url.hostname = url.hostname.replace(/discordapp\.com$/, 'discord.com');
    return { service: 'discord', url: url.href };
  }
  return { service: 'generic', url: url.href };
}

/** How a webhook is called without giving it away: its service, host and last characters. */
export function webhookLabel({ service, url }: Webhook): string {
  const { host } = new URL(url);
  return service === 'generic' ? `${host}, …${url.slice(-4)}` : `${NAMES[service]}, …${url.slice(-4)}`;
}

/**
 * Sends a notification, again after a while where that may help. A message whose answer was lost may come twice.
 * @param attempts how often it is tried
 * @throws LatheError of kind `tracking` that says what to do, without the address
 */
export async function sendToWebhook(
  http: Http,
  webhook: Webhook,
  notification: RunNotification,
  { attempts = WAITS.length + 1, wait = sleep }: { attempts?: number; wait?: (ms: number) => Promise<unknown> } = {},
): Promise<void> {
  const { type, body } = payloadFor(webhook.service, notification);
  for (let attempt = 1; ; attempt++) {
    try {
      await http.request({
        method: 'POST',
        url: webhook.url,
        headers: { 'Content-Type': type },
        body,
        timeout_ms: TIMEOUT_MS,
      });
      return;
    } catch (thrown) {
      if (!(thrown instanceof DeliveryError) || !PASSING.has(thrown.code) || attempt >= attempts) {
        throw webhookError(webhook, thrown);
      }
      await wait(Math.min(MOST_WAIT, Math.max(thrown.retryAfter ?? 0, WAITS[Math.min(attempt, WAITS.length) - 1])));
    }
  }
}

/** The cause is left out on purpose: its message may hold the address. */
function webhookError({ service }: Webhook, thrown: unknown): LatheError {
  const code = thrown instanceof DeliveryError ? thrown.code : null;
  const status = thrown instanceof DeliveryError && thrown.status !== null ? ` (${thrown.status})` : '';
  const sentence = (code && SENTENCES[code]) ?? 'could not be told';
  return new LatheError('tracking', `${NAMES[service]} ${sentence}${status}.`);
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
