/** What users are told of their runs, and where. */
import type { NotificationRules } from '../../tracking/notify/notification';
import type { WebhookService } from '../../tracking/notify/payloads';

/** What users are told of their runs, and where. Addresses of webhooks are secrets: they are not told. */
export interface NotificationSettings extends NotificationRules {
  /** Whether the browser shows notifications. */
  browser: boolean;
  /** `label`: service, host and the end of the address. */
  webhooks: { id: string; service: WebhookService; label: string }[];
}

/** A change of them. A webhook is given with its address, once. */
export interface NotificationChange {
  on?: Partial<NotificationRules['on']>;
  stalled_minutes?: number;
  browser?: boolean;
  add_webhook?: string;
  /** Id of one. */
  remove_webhook?: string;
}

/** How a test message fared in one place: a webhook's label, or `This browser`. */
export interface NotificationTest {
  place: string;
  /** Why it did not arrive, in a sentence; null: it did. */
  problem: string | null;
}

/** Commands on notifications. */
export interface NotificationCommands {
  settings(): Promise<NotificationSettings>;
  /** Changes settings for this browser. @throws LatheError of kind `config` that says what is wrong */
  configure(change: NotificationChange): Promise<NotificationSettings>;
  /** Sends a test message to every place that is switched on. */
  test(): Promise<NotificationTest[]>;
}
