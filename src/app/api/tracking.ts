/** Runs that are sent elsewhere. */
import type { RunConfig } from '../../config/schema';
import type { Credential, DeliveryRow, Destination, DestinationRow, Subject } from '../../store/delivery';
import type { SettingField } from '../../tracking/tracker';

/** A kind of tracker, for a form. */
export interface TrackerInfo {
  kind: string;
  title: string;
  /** Its settings; the first is the address where there is one. */
  fields: readonly SettingField[];
  /** How it may ask who the user is; empty: it does not. */
  credentials: readonly Credential['scheme'][];
}

/** A server that runs may be sent to. What the user gave for it is not told. */
export interface ServerInfo {
  origin: string;
  allowed_at: number;
  /** What kind of credential is kept for it; null: none. */
  credential: Credential['scheme'] | null;
}

/** What of tracking is the same for all destinations. */
export interface TrackingSettings {
  /** Who trains, as runs elsewhere name them; null: nobody is named. */
  author: string | null;
}

/** How much of a run waits to be sent, by kind of tracker: points, lines, media, files. */
export type PendingByTracker = Record<string, { pending: number }>;

/** Commands on runs that are sent elsewhere. */
export interface TrackingCommands {
  /** Kinds of trackers that there are. */
  trackers(): Promise<TrackerInfo[]>;
  settings(): Promise<TrackingSettings>;
  configure(change: Partial<TrackingSettings>): Promise<TrackingSettings>;
  /** Destinations that the user keeps. */
  destinations(): Promise<DestinationRow[]>;
  /**
   * Keeps a destination, to choose it for runs, or for every run that starts; what it talks to is allowed by that.
   * @throws LatheError of kind `config` that names the setting that is wrong
   */
  keep(destination: Destination, how: { every_run: boolean }): Promise<DestinationRow>;
  forget(destinationId: string): Promise<void>;
  /**
   * Addresses that a destination talks to; none: it stays on this machine.
   * @throws LatheError of kind `config` that names the setting that is wrong
   */
  origins(destination: Destination): Promise<string[]>;
  /** Lets the user choose a folder on this machine to write to; null: they thought better of it. */
  chooseFolder(): Promise<Destination | null>;
  /** Servers that runs may be sent to. */
  servers(): Promise<ServerInfo[]>;
  /** Lets runs be sent to a server; `credential`: what it asks for, null: none any more, absent: as it was. */
  allow(origin: string, credential?: Credential | null): Promise<void>;
  /** Nothing is sent to this server any more, and what was kept for it is forgotten. */
  disallow(origin: string): Promise<void>;
  /** Asks a destination whether address and key are right. @throws LatheError of kind `tracking` that says what to do */
  check(destination: Destination): Promise<string>;
  /** Deliveries of a run or study, or all there are; oldest first. */
  deliveries(subject?: Subject): Promise<DeliveryRow[]>;
  /** Sends a run or study there, from its beginning, also one that has ended long ago. */
  send(subject: Subject, destination: Destination): Promise<DeliveryRow>;
  /** Tries a delivery again now; without an id, all. */
  retry(deliveryId?: string): Promise<void>;
  /** Sends no more of a run there; what has arrived stays there. */
  cancel(deliveryId: string): Promise<void>;
  /** Allows all that a config names, and keeps what is given for it: who asks for this chose the config. */
  trust(config: RunConfig, credentials: Partial<Record<string, Credential>>): Promise<void>;
  /** Resolves when all of a run (null: of everything) has arrived everywhere, or after so many milliseconds: what waits still. */
  settled(runId: string | null, timeoutMs: number): Promise<PendingByTracker>;
}
