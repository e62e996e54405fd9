import { afterAll, beforeAll } from 'vitest';
import { keepDevices } from './kept-device';

/** The tests of this file share a device (kept-device.ts). Called once, before its tests. */
export function shareDevice(): void {
  let release = (): void => undefined;
  beforeAll(() => {
    release = keepDevices();
  });
  afterAll(() => release());
}
