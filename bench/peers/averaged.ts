/** The trainer's side of the exchange of weights. */
import type { WeightsMessage } from './protocol';

/** What the peer worker makes of everybody's weights after `step`; `compute`: milliseconds that the step took. */
export function averaged(
  port: MessagePort,
  step: number,
  values: Float32Array<ArrayBuffer>,
  compute: number,
): Promise<Float32Array<ArrayBuffer>> {
  return new Promise((resolve) => {
    port.onmessage = ({ data }: MessageEvent<WeightsMessage>) => {
      if (data.type === 'averaged') resolve(data.values);
    };
    const message: WeightsMessage = { type: 'weights', step, values, compute };
    port.postMessage(message, [values.buffer]);
  });
}
