/** The dashboard in docs/ asks for what is written, and for nothing else. */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { familiesOf, withPoints } from '../../../../../src/tracking/trackers/prometheus/families';
import { series, trackedRun } from '../../../../helpers/tracked-run';

const targets = v.array(v.object({ expr: v.string(), legendFormat: v.string() }));
const dashboard = v.parse(
  v.object({
    panels: v.array(v.object({ title: v.string(), targets })),
    templating: v.object({ list: v.array(v.object({ name: v.string(), definition: v.optional(v.string()) })) }),
  }),
  JSON.parse(readFileSync(new URL('../../../../../docs/tracking/grafana-dashboard.json', import.meta.url), 'utf8')),
);

const newest = withPoints(
  new Map(),
  [
    'train_loss',
    'val_loss',
    'val_accuracy',
    'samples_per_second',
    'gpu_bytes',
    'epoch',
    'system/cpu_percent',
    'system/js_memory_bytes',
    'system/queue_length',
  ].map((metric) => series(metric, [1])),
);
const run = trackedRun({
  author: 'Ada',
  facts: { dataset: 'd', adapter: 'a', architecture: 'cnn' },
  summary: { 'best/val_loss': 1 },
});
const written = new Map(familiesOf(run, newest, 'lathe').map((family) => [family.name, family.samples]));

const queries = [
  ...dashboard.panels.flatMap((panel) => panel.targets.map(({ expr }) => [panel.title, expr])),
  ...dashboard.templating.list.flatMap(({ name, definition }) => (definition ? [[name, definition]] : [])),
];

/** A selector of a query: a name and its matchers. */
const SELECTOR = /(lathe_\w+)(?:\{([^}]*)\})?/g;

describe('the Grafana dashboard', () => {
  it.each(queries)('%s: %s finds what is written', (_, query) => {
    const selectors = [...query.matchAll(SELECTOR)];
    expect(selectors.length).toBeGreaterThan(0);
    for (const [, name, matchers = ''] of selectors) {
      const samples = written.get(name) ?? [];
      const wanted = [...matchers.matchAll(/(\w+)(=~?)"([^"]*)"/g)].map(([, label, operator, value]) => ({
        label,
        matches: new RegExp(operator === '=' ? `^${value}$` : `^(?:${value.replace('$run', '.+')})$`),
      }));
      const found = samples.filter(({ labels }) =>
        wanted.every(({ label, matches }) => matches.test(labels[label] ?? '')),
      );
      expect(found, name).not.toEqual([]);
      const grouped = /by \(([^)]*)\)/.exec(query)?.[1].split(', ') ?? [];
      for (const label of grouped) expect(found[0].labels).toHaveProperty(label);
    }
  });

  it.each(
    dashboard.panels.flatMap((panel) =>
      panel.targets.map(({ expr, legendFormat }) => [panel.title, legendFormat, expr]),
    ),
  )('%s names lines by labels that are there: %s', (_, legend, expr) => {
    const [, name] = /(lathe_\w+)/.exec(expr) ?? [];
    for (const [, label] of legend.matchAll(/\{\{(\w+)\}\}/g)) {
      expect(written.get(name)?.[0].labels).toHaveProperty(label);
    }
  });

  it('shows every metric that changes while a run trains', () => {
    const asked = queries.map(([, query]) => query).join(' ');
    const shown = [
      'lathe_metric',
      'lathe_samples_per_second',
      'lathe_gpu_memory_bytes',
      'lathe_system',
      'lathe_queue_length',
      'lathe_step',
      'lathe_epoch',
      'lathe_run_status',
    ];
    for (const name of shown) expect(asked).toContain(name);
  });
});
