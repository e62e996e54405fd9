/**
 * A Pushgateway as the real one behaves (https://github.com/prometheus/pushgateway): groups under label names and values in
 * the path, PUT replaces a group, POST replaces its metrics of the same name, labels of the path win, pushes with a timestamp,
 * a type that differs or samples that are doubled are refused with 400, and nothing is ever forgotten by itself.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeBase64url } from '../../src/base/base64url';
import { labelKey, readExposition, writeExposition, type MetricFamily } from '../../src/base/exposition';

const LIMITS = { families: 1000, samples: 100_000, labels: 100, name: 1000, value: 10_000 };

/** One that runs. */
export interface FakePushgateway {
  url: string;
  /** Method and path of every request, in order. */
  requests: string[];
  /** What Prometheus would scrape. */
  families(): MetricFamily[];
  /** Answers the next requests with these statuses, before they do anything. */
  refuse(...statuses: number[]): void;
  close(): Promise<void>;
}

/** Starts one; `port` 0: any free one. */
export async function startPushgateway(port = 0): Promise<FakePushgateway> {
  const groups = new Map<string, { labels: Record<string, string>; families: Map<string, MetricFamily> }>();
  const requests: string[] = [];
  let refusals: number[] = [];
  const families = (): MetricFamily[] => {
    const merged = new Map<string, MetricFamily>();
    for (const { labels, families: own } of groups.values()) {
      for (const family of own.values()) {
        const known = merged.get(family.name) ?? { ...family, samples: [] };
        known.samples.push(
          ...family.samples.map(({ value, labels: mine }) => ({ value, labels: { ...mine, ...labels } })),
        );
        merged.set(family.name, known);
      }
    }
    return [...merged.values()];
  };
  const push = (labels: Record<string, string>, text: string, replace: boolean): void => {
    const pushed = readExposition(text, LIMITS);
    const key = labelKey(labels);
    for (const family of pushed) {
      const others = [...groups].filter(([other]) => other !== key).map(([, group]) => group.families.get(family.name));
      if (others.some((other) => other && other.type !== family.type)) throw new Error('inconsistent type');
      const keys = new Set(family.samples.map((sample) => labelKey({ ...sample.labels, ...labels })));
      if (keys.size < family.samples.length) throw new Error('collected before with the same name and label values');
    }
    const before = replace ? [] : [...(groups.get(key)?.families ?? [])];
    groups.set(key, {
      labels,
      families: new Map([...before, ...pushed.map((family) => [family.name, family] as const)]),
    });
  };
  const answer = async (request: IncomingMessage): Promise<[number, string]> => {
    requests.push(`${request.method} ${request.url}`);
    const text = await bodyOf(request);
    const refusal = refusals.shift();
    if (refusal !== undefined) return [refusal, 'refused'];
    const path = request.url ?? '/';
    if (path === '/metrics' && request.method === 'GET') {
      const info = {
        name: 'pushgateway_build_info',
        help: '',
        type: 'gauge' as const,
        samples: [{ labels: { version: '1.11.1' }, value: 1 }],
      };
      return [
        200,
        `# TYPE go_gc summary\ngo_gc{quantile="0"} 1e-05\ngo_gc_sum 3\n${writeExposition([info, ...families()])}`,
      ];
    }
    const labels = labelsOf(path);
    if (labels === null) return [path.startsWith('/metrics/job') ? 400 : 404, 'no group'];
    if (request.method === 'DELETE') groups.delete(labelKey(labels));
    else if (request.method === 'PUT' || request.method === 'POST') {
      try {
        push(labels, text, request.method === 'PUT');
      } catch (error) {
        return [400, String(error)];
      }
    } else return [405, 'Method Not Allowed'];
    return [request.method === 'DELETE' ? 202 : 200, ''];
  };
  const server = createServer((request, response) => {
    void answer(request).then(([status, text]) => response.writeHead(status).end(text));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    families,
    refuse: (...statuses) => (refusals = statuses),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

/** The grouping key of a path; null: it is none. */
function labelsOf(path: string): Record<string, string> | null {
  const [, root, ...parts] = path.split('/');
  if (root !== 'metrics' || parts.length % 2 !== 0 || !/^job(@base64)?$/.test(parts[0] ?? '')) return null;
  const labels: Record<string, string> = {};
  for (let at = 0; at < parts.length; at += 2) {
    const name = parts[at].replace(/@base64$/, '');
    if (!/^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return null;
    const plain = name === parts[at];
    const bytes = plain ? null : decodeBase64url(parts[at + 1].replace(/=+$/, ''));
    if (!plain && bytes === null) return null;
    labels[name] = bytes ? new TextDecoder().decode(bytes) : decodeURIComponent(parts[at + 1]);
  }
  return labels.job ? labels : null;
}
