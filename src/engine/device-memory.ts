/** Getting buffers from the device, and saying what was asked for where it gives none. */
import { sizeInWords } from '../base/bytes';
import { LatheError } from '../base/errors';
import type { MemoryAccount, Purpose } from './buffer-pool';

/** Device memory that could not be had. */
export class OutOfMemory extends LatheError {
  constructor(message: string) {
    super('training', message);
    this.name = 'OutOfMemory';
  }
}

/** Largest buffer, in bytes, that kernels can be bound to on `device`. */
export const largestBuffer = ({ limits }: GPUDevice): number =>
  Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);

/**
 * A new buffer. Whether the device had room for it shows later: a refusal goes to `account.refused`, and what is computed
 * with the buffer is void.
 * @throws OutOfMemory when the adapter allows no buffer of that size.
 */
export function createBuffer(
  device: GPUDevice,
  account: MemoryAccount,
  descriptor: GPUBufferDescriptor,
  purpose: Purpose,
): GPUBuffer {
  const { size } = descriptor;
  const most = largestBuffer(device);
  if (size > most) {
    throw new OutOfMemory(
      `A buffer of ${sizeInWords(size)} (${purpose}) is needed, and this adapter allows at most ${sizeInWords(most)} in one.`,
    );
  }
  device.pushErrorScope('out-of-memory');
  const buffer = device.createBuffer(descriptor);
  device.popErrorScope().then(
    (error) => {
      if (error) account.refuse(size, purpose);
    },
    // A lost device answers no question: its loss is told elsewhere.
    () => undefined,
  );
  return buffer;
}

/** Whether `device` has room for `bytes` more. It is asked for them, and they are given back. */
export async function hasRoom(device: GPUDevice, bytes: number): Promise<boolean> {
  const most = largestBuffer(device);
  const buffers: GPUBuffer[] = [];
  device.pushErrorScope('out-of-memory');
  for (let left = bytes; left > 0; left -= most) {
    buffers.push(device.createBuffer({ size: Math.ceil(Math.min(left, most) / 4) * 4, usage: GPUBufferUsage.STORAGE }));
  }
  const error = await device.popErrorScope();
  for (const buffer of buffers) buffer.destroy();
  return error === null;
}
