/** A destination while it is typed: its settings, what its server asks for, and what came of asking it. */
import type { TrackerInfo, Workbench } from '../../app/api';
import { LatheError } from '../../base/errors';
import type { Destination, DestinationRow } from '../../store/delivery';
import { CredentialDraft } from './credential-draft.svelte';
import type { Tracking } from './tracking.svelte';

/** The key of the setting that is chosen rather than typed. */
const FOLDER = 'folder';

/** A destination on its way. */
export class DestinationDraft {
  /** What was typed, by key. */
  values = $state<Record<string, string>>({});
  /** What was chosen, of a kind that writes to a folder. */
  folder = $state.raw<Destination | null>(null);
  readonly credential = new CredentialDraft();
  /** What is wrong: with the setting `key`, or with the whole. */
  problem = $state.raw<{ key: string | null; sentence: string } | null>(null);
  /** What the destination answered. */
  answer = $state<string | null>(null);
  busy = $state<'checking' | 'keeping' | null>(null);
  #kind = $state<string | null>(null);
  #tracking: Tracking;
  #commands: Workbench['tracking'];
  /** Servers that were allowed to be asked, before the user has decided to keep anything. */
  #provisional: string[] = [];

  constructor(tracking: Tracking, commands: Workbench['tracking']) {
    this.#tracking = tracking;
    this.#commands = commands;
    const first = tracking.trackers.at(0);
    if (first) this.credential.begin(first.credentials);
  }

  get kind(): string {
    return this.#kind ?? this.#tracking.trackers.at(0)?.kind ?? '';
  }

  set kind(kind: string) {
    this.#kind = kind;
    this.values = {};
    this.folder = null;
    this.problem = null;
    this.answer = null;
    this.credential.begin(this.info?.credentials ?? []);
  }

  get info(): TrackerInfo | undefined {
    return this.#tracking.trackers.find(({ kind }) => kind === this.kind);
  }

  /** Whether it is a folder that is chosen, in place of settings that are typed. */
  get inFolder(): boolean {
    return this.info?.fields.at(0)?.key === FOLDER;
  }

  /** Whether enough is there to be tried. */
  get complete(): boolean {
    if (this.inFolder) return this.folder !== null;
    return (this.info?.fields ?? []).every((field) => !field.required || this.valueOf(field).trim() !== '');
  }

  /** What stands in a field: what was typed, or what it begins with. */
  valueOf({ key, initial }: TrackerInfo['fields'][number]): string {
    return this.values[key] ?? initial ?? '';
  }

  get destination(): Destination {
    if (this.folder) return this.folder;
    const typed = (this.info?.fields ?? []).map((field) => [field.key, this.valueOf(field).trim()] as const);
    return { kind: this.kind, options: Object.fromEntries(typed.filter(([, value]) => value !== '')) };
  }

  async chooseFolder(): Promise<void> {
    await this.#try('keeping', async () => {
      this.folder = (await this.#commands.chooseFolder()) ?? this.folder;
    });
  }

  /** Asks the destination whether all is right. */
  async check(): Promise<void> {
    await this.#try('checking', async () => {
      await this.#allow(true);
      this.answer = await this.#commands.check(this.destination);
    });
  }

  /** Keeps it; null where something is wrong, which `problem` then says. */
  keep(everyRun: boolean): Promise<DestinationRow | null> {
    return this.#try('keeping', async () => {
      await this.#allow(false);
      return this.#tracking.keep(this.destination, everyRun);
    });
  }

  /** Lets it be used, and uses it, without keeping it; null where something is wrong. */
  use<T>(how: (destination: Destination) => Promise<T>): Promise<T | null> {
    return this.#try('keeping', async () => {
      await this.#allow(false);
      return how(this.destination);
    });
  }

  /** Takes back what was allowed only to be asked. */
  async cancel(): Promise<void> {
    const origins = this.#provisional;
    this.#provisional = [];
    for (const origin of origins) await this.#tracking.disallow(origin);
  }

  async #allow(provisional: boolean): Promise<void> {
    const origins = await this.#commands.origins(this.destination);
    const known = this.#tracking.servers.map(({ origin }) => origin);
    const fresh = origins.filter((origin) => !known.includes(origin));
    const { value } = this.credential;
    // A server that is known keeps what was given for it, unless something was typed now.
    if (fresh.length > 0 || value) await this.#tracking.allow(value ? origins : fresh, value ?? undefined);
    this.#provisional = provisional ? [...this.#provisional, ...fresh] : [];
  }

  async #try<T>(busy: 'checking' | 'keeping', command: () => Promise<T>): Promise<T | null> {
    this.problem = null;
    this.answer = null;
    this.busy = busy;
    try {
      return await command();
    } catch (thrown) {
      const { where, message } = LatheError.from(thrown, 'tracking');
      const field = this.info?.fields.find(({ key }) => key === where.key);
      // Tracker and field stand in front of the sentence; here it is said beside the field.
      const prefix = field ? `${this.info?.title}, ${field.label}: ` : '';
      this.problem = {
        key: field?.key ?? null,
        sentence: message.startsWith(prefix) ? message.slice(prefix.length) : message,
      };
      return null;
    } finally {
      this.busy = null;
    }
  }
}
