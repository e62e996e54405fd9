/** Prometheus for the conformance suite: a Pushgateway that behaves like the real one. */
import { prometheus } from '../../../../src/tracking/trackers/prometheus/prometheus';
import { startPushgateway } from '../../../helpers/pushgateway';
import type { Arrived, Subject } from '../subject';

/** A gateway keeps the newest value of a metric, in memory. */
export const prometheusSubject: Subject = {
  name: 'Prometheus Pushgateway',
  tracker: prometheus,
  lacks: ['history', 'files', 'memory'],
  async start() {
    let gateway = await startPushgateway();
    const { url } = gateway;
    const port = Number(new URL(url).port);
    return {
      url,
      options: (address) => ({ url: address, job: 'lathe' }),
      credential: null,
      async read(runId) {
        const samples = gateway
          .families()
          .flatMap(({ name, samples: own }) => own.map((sample) => ({ name, ...sample })))
          .filter(({ labels }) => labels.run === runId);
        const steps = new Map(
          samples.filter(({ name }) => name === 'lathe_metric_step').map(({ labels, value }) => [labels.metric, value]),
        );
        const metrics: Arrived['metrics'] = {};
        for (const { name, labels, value } of samples) {
          if (name === 'lathe_metric') (metrics[labels.metric] ??= []).push([steps.get(labels.metric) ?? 0, value]);
          // Metrics of the machine are told without their steps.
          if (name === 'lathe_system') (metrics[`system/${labels.metric}`] ??= []).push([0, value]);
        }
        const status = samples.find(({ name }) => name === 'lathe_run_status')?.labels.status ?? '';
        return { metrics, params: null, files: {}, lines: null, status };
      },
      kill: () => gateway.close(),
      async restart() {
        gateway = await startPushgateway(port);
      },
      stop: () => gateway.close(),
    };
  },
};
