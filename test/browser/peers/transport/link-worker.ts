/** One end of a link in a worker: sends numbered frames and a greeting, and reports what came. */
import { ChannelLink, type LinkChannels } from '../../../../src/peers/transport/channel-link';
import { MOST_FRAME } from '../../../../src/peers/transport/link';

export interface WorkerTask {
  /** Frames to send. */
  send: number;
  /** Frames to wait for. */
  expect: number;
}

export interface WorkerReport {
  /** Sum of the numbers of the frames that came. */
  sum: number;
  greeting: string;
  closed: string;
  /** Milliseconds from the first frame that came to the last. */
  ms: number;
}

self.onmessage = async ({ data }: MessageEvent<LinkChannels & WorkerTask>): Promise<void> => {
  const link = new ChannelLink(data);
  const report: WorkerReport = { sum: 0, greeting: '', closed: '', ms: 0 };
  let done = 0;
  // Sent all and got all, at both ends: then one of them may close.
  const finish = (): void => {
    if (++done < 3) return;
    link.close('All is there.');
  };
  let first = 0;
  let count = 0;
  link.onFrame = (frame) => {
    if (count++ === 0) first = performance.now();
    report.sum += new DataView(frame.buffer).getUint32(0);
    if (count < data.expect) return;
    report.ms = performance.now() - first;
    link.send(new TextEncoder().encode('done'));
    finish();
  };
  link.onMessage = (message) => {
    const text = new TextDecoder().decode(message);
    if (text === 'done') finish();
    else report.greeting = text;
  };
  link.onClose = (closed) => self.postMessage({ ...report, closed });
  link.send(new TextEncoder().encode('hello'));
  const frame = new Uint8Array(MOST_FRAME);
  for (let i = 0; i < data.send; i++) {
    new DataView(frame.buffer).setUint32(0, i);
    await link.sendFrame(frame);
  }
  finish();
};
