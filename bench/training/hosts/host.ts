/** Where engines run. */
import type { Runner } from '../measure';

/** Starts engines, each in a thread or process of its own: two of them never share a module or a device. */
export interface Host {
  start(engine: string): Promise<Runner>;
  /** Names the platform and the device, once engines have run. */
  describe(): Promise<string>;
  stop(): Promise<void>;
}
