/** Weights & Biases, as openwandb plays it. */
import type { Json } from '../../../../src/store/study';
import { wandb } from '../../../../src/tracking/trackers/wandb/wandb';
import { OPENWANDB_KEY, OpenwandbServer, parseLine } from '../servers/openwandb';
import type { Arrived, Running, Subject } from '../subject';

/** See subject.ts. */
export const subject: Subject = {
  name: 'W&B (openwandb)',
  tracker: wandb,
  async start(): Promise<Running> {
    const server = await OpenwandbServer.start();
    return {
      url: server.url,
      options: (url): Record<string, Json> => ({ url, entity: null, project: null }),
      credential: { scheme: 'key', key: OPENWANDB_KEY },
      read: (id) => read(server, id),
      kill: () => server.process.kill(),
      restart: () => server.process.restart(),
      stop: () => server.process.stop(),
    };
  },
};

async function read(server: OpenwandbServer, id: string): Promise<Arrived> {
  const { state, config, summaryMetrics } = await server.run(id);
  const metrics: Arrived['metrics'] = {};
  // Its JSON knows no infinity; the lines themselves do.
  for (const line of await server.lines(id, 'wandb-history.jsonl')) {
    const row = parseLine(line);
    for (const [key, value] of Object.entries(row)) {
      if (typeof value === 'number' && !key.startsWith('_')) (metrics[key] ??= []).push([Number(row._step), value]);
    }
  }
  for (const list of Object.values(metrics)) list.sort(([a], [b]) => a - b);
  const { status } = summaryMetrics;
  return {
    metrics,
    params: flatten(config),
    files: await server.files(id),
    lines: await server.lines(id, 'output.log'),
    // It takes every run that has ended for finished.
    status: state === 'finished' && typeof status === 'string' ? status : state,
  };
}

/** Wrapped and nested settings by dotted key. */
function flatten(config: Record<string, unknown>): Record<string, string> {
  const flat: Record<string, string> = {};
  const visit = (path: string, value: unknown): void => {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) visit(path ? `${path}.${key}` : key, inner);
    } else {
      flat[path] = typeof value === 'string' ? value : JSON.stringify(value);
    }
  };
  for (const [key, wrapped] of Object.entries(config)) {
    if (wrapped !== null && typeof wrapped === 'object' && 'value' in wrapped) visit(key, wrapped.value);
  }
  return flat;
}
