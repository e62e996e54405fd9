/** The device that trains here, why this one, and how much the browser lets us keep. */
import type { Workbench, WorkbenchEvent } from '../../app/api';
import { LatheError } from '../../base/errors';
import type { BackendInfo } from '../../store/schema';

/** Backends by the names that people know. */
export const BACKEND_NAMES: Record<BackendInfo['backend'], string> = { webgpu: 'WebGPU', webgl: 'WebGL', cpu: 'CPU' };

/** Device and storage, as the meter shows them. */
export class Device {
  info = $state.raw<BackendInfo | null>(null);
  /** Why no device could be found, where none could. */
  problem = $state<string | null>(null);
  storage = $state.raw<{ used: number; quota: number } | null>(null);
  /** Whether the browser has promised not to evict what is stored; null: it does not say. */
  persisted = $state<boolean | null>(null);
  storageFull = $state(false);
  online = $state(navigator.onLine);
  #workbench: Workbench;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
    window.addEventListener('online', () => (this.online = true));
    window.addEventListener('offline', () => (this.online = false));
  }

  async load(): Promise<void> {
    await Promise.all([this.#probe(), this.measure()]);
  }

  async #probe(): Promise<void> {
    try {
      this.info = await this.#workbench.device.probe();
    } catch (thrown) {
      this.problem = LatheError.from(thrown, 'backend').message;
    }
  }

  /** Asks the browser again how much is used. */
  async measure(): Promise<void> {
    try {
      this.storage = await this.#workbench.device.storage();
      this.persisted = (await navigator.storage?.persisted?.()) ?? null;
    } catch {
      // Some private windows refuse to say; the meter then shows no storage.
      this.storage = null;
    }
  }

  /** Asks the browser to keep what is stored even when the disk runs low. Returns whether it agreed. */
  async persist(): Promise<boolean> {
    const agreed = (await navigator.storage?.persist?.()) ?? false;
    this.persisted = agreed;
    return agreed;
  }

  receive(event: WorkbenchEvent): void {
    if (event.type === 'storage_full') this.storageFull = event.full;
    else if (event.type === 'started') this.info = event.backend;
  }
}
