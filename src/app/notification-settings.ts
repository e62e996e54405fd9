/**
 * What users want to be told of their runs, kept in localStorage. Addresses of webhooks stay here: no config, bundle, log or
 * error message holds them. What is there and not as expected is taken for nothing.
 */
import * as v from 'valibot';
import { LatheError } from '../base/errors';
import { NOTIFICATION_KINDS, type NotificationRules } from '../tracking/notify/notification';
import { WEBHOOK_SERVICES } from '../tracking/notify/payloads';
import { parseWebhook, webhookLabel, type Webhook } from '../tracking/notify/webhook';
import type { NotificationChange, NotificationSettings } from './api';

const KEY = 'lathe:notify';

/** Webhooks that are kept at most. */
const MOST_WEBHOOKS = 8;

const minutes = v.pipe(v.number(), v.minValue(1), v.maxValue(24 * 60));

const schema = v.object({
  on: v.optional(v.object(v.entriesFromList(NOTIFICATION_KINDS, v.optional(v.boolean(), true))), {}),
  stalled_minutes: v.optional(minutes, 10),
  browser: v.optional(v.boolean(), false),
  webhooks: v.optional(
    v.pipe(
      v.array(v.object({ id: v.string(), service: v.picklist(WEBHOOK_SERVICES), url: v.pipe(v.string(), v.url()) })),
      v.maxLength(MOST_WEBHOOKS),
    ),
    [],
  ),
});

/** All that is kept. */
export interface KeptNotifications extends NotificationRules {
  browser: boolean;
  webhooks: (Webhook & { id: string })[];
}

/** What this browser keeps, secrets included. */
export function readKept(): KeptNotifications {
  let stored: unknown = {};
  try {
    stored = JSON.parse(localStorage.getItem(KEY) ?? '{}');
  } catch {
    // Damaged: the page shows what is set now, and takes it anew.
  }
  const parsed = v.safeParse(schema, stored);
  return parsed.success ? parsed.output : v.parse(schema, {});
}

/** The settings without secrets. */
export function shown({ webhooks, ...rest }: KeptNotifications): NotificationSettings {
  return {
    ...rest,
    webhooks: webhooks.map((webhook) => ({ id: webhook.id, service: webhook.service, label: webhookLabel(webhook) })),
  };
}

/** Changes some settings and returns all. @throws LatheError of kind `config`, or `storage` where the browser keeps nothing */
export function changeKept(change: NotificationChange): KeptNotifications {
  const kept = readKept();
  const { stalled_minutes = kept.stalled_minutes } = change;
  if (!v.is(minutes, stalled_minutes)) {
    throw new LatheError('config', 'A run counts as stalled after 1 to 1440 minutes.', { key: 'stalled_minutes' });
  }
  const webhooks = kept.webhooks.filter(({ id }) => id !== change.remove_webhook);
  if (change.add_webhook !== undefined) {
    const webhook = parseWebhook(change.add_webhook);
    if (webhooks.some(({ url }) => url === webhook.url)) {
      throw new LatheError('config', 'This webhook is there already.', { key: 'webhook' });
    }
    if (webhooks.length >= MOST_WEBHOOKS) {
      throw new LatheError('config', `There are ${MOST_WEBHOOKS} webhooks already. Remove one first.`, {
        key: 'webhook',
      });
    }
    webhooks.push({ ...webhook, id: crypto.randomUUID() });
  }
  const next: KeptNotifications = {
    on: { ...kept.on, ...change.on },
    stalled_minutes,
    browser: change.browser ?? kept.browser,
    webhooks,
  };
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch (error) {
    throw LatheError.from(error, 'storage');
  }
  return next;
}
