/** The page that has the outbox's intake measured: in a worker, as it is in the workbench. */
import type { Intake, IntakeReport } from './intake';

const trackingBench = {
  /** Each measurement in a worker of its own. */
  intake(task: Intake): Promise<IntakeReport> {
    const worker = new Worker(new URL('./intake.worker.ts', import.meta.url), { type: 'module' });
    return new Promise<IntakeReport>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<{ report?: IntakeReport; failed?: string }>) => {
        if (data.report) resolve(data.report);
        else reject(new Error(data.failed));
      };
      worker.onerror = ({ message }) => reject(new Error(message || 'The worker did not load.'));
      worker.postMessage(task);
    }).finally(() => worker.terminate());
  },
};

declare global {
  interface Window {
    trackingBench: typeof trackingBench;
  }
}

window.trackingBench = trackingBench;
