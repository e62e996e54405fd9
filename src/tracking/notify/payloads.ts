/** A notification as each service wants it, with the markup of that service in names and reasons made harmless. */
import type { Json } from '../../store/study';
import { isBad, titleOf, type RunNotification } from './notification';

/** Services that take webhooks. `generic`: anything that takes JSON. */
export const WEBHOOK_SERVICES = ['generic', 'slack', 'discord'] as const;

/** See `WEBHOOK_SERVICES`. */
export type WebhookService = (typeof WEBHOOK_SERVICES)[number];

/** A request's body and its type. */
export interface Payload {
  type: string;
  body: string;
}

/** Characters of a run's name and of a reason that are shown: far below what the services take, escaped or not. */
const MOST_NAME = 100;
const MOST_TEXT = 600;

/** The body that tells a service of a notification. */
export function payloadFor(service: WebhookService, notification: RunNotification): Payload {
  return PAYLOADS[service](notification);
}

const PAYLOADS: Record<WebhookService, (notification: RunNotification) => Payload> = {
  generic: (notification) => json(genericBody(notification)),
  // A request of this type needs no leave from Slack's server beforehand, which it does not give to pages.
  slack: (notification) => ({
    type: 'application/x-www-form-urlencoded',
    body: new URLSearchParams({ payload: JSON.stringify(slackBody(notification)) }).toString(),
  }),
  discord: (notification) => json(discordBody(notification)),
};

const json = (body: Json): Payload => ({ type: 'application/json', body: JSON.stringify(body) });

/** Nothing is escaped in it: it is data. Numbers that JSON lacks are null. */
function genericBody(notification: RunNotification): Json {
  const { kind, run, text, metrics, at } = notification;
  return {
    source: 'lathe',
    event: kind,
    title: titleOf(notification),
    text,
    run: { ...run },
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
    ),
    at: new Date(at).toISOString(),
  };
}

/** Plain text, so that no markup counts; the fallback `text` knows three characters (https://api.slack.com/reference/surfaces/formatting). */
function slackBody(notification: RunNotification): Json {
  const title = titleOf(notification, cut(notification.run.name, MOST_NAME));
  const text = cut(notification.text, MOST_TEXT);
  const plain = (words: string): Json => ({ type: 'plain_text', text: words, emoji: false });
  return {
    text: `${isBad(notification) ? '⚠ ' : ''}${escapeSlack(title)}`,
    blocks: [
      { type: 'header', text: plain(title) },
      ...(text === '' ? [] : [{ type: 'section', text: plain(text) }]),
      { type: 'context', elements: [plain(whereOf(notification))] },
    ],
  };
}

const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Mentions are switched off as a whole (https://discord.com/developers/docs/resources/message#allowed-mentions-object). */
function discordBody(notification: RunNotification): Json {
  const { run, text, at } = notification;
  const title = titleOf(notification, escapeDiscord(cut(run.name, MOST_NAME)));
  return {
    username: 'Lathe',
    content: `**${title}**`,
    embeds: [
      {
        ...(text !== '' && { description: escapeDiscord(cut(text, MOST_TEXT)) }),
        color: isBad(notification) ? 0xc0392b : 0x2e8b57,
        footer: { text: whereOf(notification) },
        timestamp: new Date(at).toISOString(),
      },
    ],
    allowed_mentions: { parse: [] },
  };
}

/** A backslash before everything that Discord's Markdown knows; a link is none without its colon. */
const escapeDiscord = (text: string): string =>
  text.replace(/[\\*_~`|>#\-[\]()<@:]/g, '\\$&').replace(/\s*\n\s*/g, ' ');

const whereOf = ({ run }: RunNotification): string => `Run ${run.id} · epoch ${run.epoch} · step ${run.step}`;

/** At most so many characters, none cut in half. */
function cut(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}
