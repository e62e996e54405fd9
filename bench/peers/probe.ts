/** What the links of a peer carry while all peers send to all others at once. */
import { MOST_FRAME, type Link } from '../../src/peers/transport/link';

/**
 * Sends `bytes` over each link and waits for as many; all peers do so together. Bytes a second that arrive from all others
 * together, from the first frame of each to its last; null without links. Links are left without handlers.
 */
export async function probe(links: readonly Link[], bytes: number): Promise<number | null> {
  if (links.length === 0) return null;
  const frame = new Uint8Array(MOST_FRAME);
  const rates = await Promise.all(
    links.map(async (link) => {
      let left = bytes;
      let first: number | null = null;
      const rate = new Promise<number>((resolve) => {
        link.onFrame = ({ length }) => {
          first ??= performance.now();
          left -= length;
          if (left <= 0) resolve((1000 * (bytes - MOST_FRAME)) / (performance.now() - first));
        };
      });
      for (let at = 0; at < bytes; at += MOST_FRAME) {
        await link.sendFrame(frame.subarray(0, Math.min(MOST_FRAME, bytes - at)));
      }
      const found = await rate;
      link.onFrame = null;
      return found;
    }),
  );
  return rates.reduce((sum, rate) => sum + rate, 0);
}
