import { describe, expect, it } from 'vitest';
import { nest, settingsOf, wrappedConfig } from '../../../../src/export/wandb/config';
import { wandbJson } from '../../../../src/export/wandb/json';
import { consoleLines, historyLine, historyRows, systemLine, systemRows } from '../../../../src/export/wandb/lines';
import { remotePath } from '../../../../src/export/wandb/paths';
import type { MetricSeries } from '../../../../src/store/metrics';

const START = Date.UTC(2026, 0, 2, 3, 4, 5);

const series = (metric: string, points: [step: number, value: number, second?: number][]): MetricSeries => ({
  metric,
  steps: Float64Array.from(points, ([step]) => step),
  values: Float64Array.from(points, ([, value]) => value),
  times: Float64Array.from(points, ([step, , second = step]) => START + second * 1000),
});

describe('lines of the history', () => {
  it('hold all metrics of a step, and no step is out of order', () => {
    const rows = historyRows(
      [
        series('loss', [
          [0, 2],
          [1, 1.5],
          [3, 1],
        ]),
        series('val_loss', [
          [1, 1.75],
          [2, 0.5],
        ]),
      ],
      [],
    );
    expect(rows.map((row) => JSON.parse(historyLine(row, START)) as unknown)).toEqual([
      { loss: 2, _step: 0, _timestamp: START / 1000, _runtime: 0 },
      { loss: 1.5, val_loss: 1.75, _step: 1, _timestamp: START / 1000 + 1, _runtime: 1 },
      { val_loss: 0.5, _step: 2, _timestamp: START / 1000 + 2, _runtime: 2 },
      { loss: 1, _step: 3, _timestamp: START / 1000 + 3, _runtime: 3 },
    ]);
  });

  it('keep every value where a metric has several at a step', () => {
    const rows = historyRows(
      [
        series('accuracy', [
          [5, 0.5],
          [5, 0.75],
        ]),
        series('loss', [[5, 1]]),
      ],
      [],
    );
    expect(rows.map(({ step, entries }) => [step, entries])).toEqual([
      [
        5,
        [
          ['accuracy', '0.5'],
          ['loss', '1'],
        ],
      ],
      [5, [['accuracy', '0.75']]],
    ]);
  });

  it('have the time of their latest value', () => {
    const [row] = historyRows([series('loss', [[4, 1, 10]]), series('val_loss', [[4, 1, 12]])], []);
    expect(historyLine(row, START)).toContain('"_runtime":12}');
  });

  it('write numbers that are none as bare tokens', () => {
    const [row] = historyRows(
      [series('a', [[0, NaN]]), series('b', [[0, Infinity]]), series('c', [[0, -Infinity]])],
      [],
    );
    expect(historyLine(row, START)).toMatch(/^\{"a":NaN,"b":Infinity,"c":-Infinity,"_step":0,/);
  });

  it('lose no digit of a number', () => {
    const values = [0.1 + 0.2, 1e-300, 1e300, 5e-324, -0, 123456789012345680000];
    const rows = historyRows(
      [
        series(
          'x',
          values.map((value, step) => [step, value]),
        ),
      ],
      [],
    );
    const read = rows.map((row) => (JSON.parse(historyLine(row, START)) as { x: number }).x);
    expect(read).toEqual(values.map((value) => value + 0));
  });

  it('leave out the machine, which has lines of its own under W&B’s names', () => {
    const points = [
      series('loss', [[1, 1]]),
      series('system/cpu_percent', [[1, 50]]),
      series('system/js_memory_bytes', [[1, 3 * 2 ** 20]]),
      series('system/queue_length', [[1, 7]]),
    ];
    expect(historyRows(points, []).flatMap(({ entries }) => entries)).toEqual([['loss', '1']]);
    expect(systemRows(points).map((row) => JSON.parse(systemLine(row, START)) as unknown)).toEqual([
      {
        'system.proc.cpu.percent': 50,
        'system.proc.memory.rssMB': 3,
        'system.queue_length': 7,
        _wandb: true,
        _timestamp: START / 1000 + 1,
        _runtime: 1,
      },
    ]);
  });
});

describe('lines of the console', () => {
  it('begin with their time, and with ERROR where something is wrong', () => {
    const row = { run_id: 'r', at: START + 7 };
    expect(
      consoleLines([
        { ...row, level: 'info', message: 'Epoch 1' },
        { ...row, level: 'error', message: 'two\nlines' },
        { ...row, level: 'warning', message: 'hot' },
      ]),
    ).toEqual([
      '2026-01-02T03:04:05.007 Epoch 1',
      'ERROR 2026-01-02T03:04:05.007 two',
      'ERROR 2026-01-02T03:04:05.007 lines',
      'ERROR 2026-01-02T03:04:05.007 Warning: hot',
    ]);
  });
});

describe('settings', () => {
  it('nest dotted keys, each top-level key wrapped', () => {
    const settings = settingsOf(
      { 'training.optimizer.name': 'adamw', 'training.batch_size': 32, name: null },
      { id: 'abcdefgh', version: '1.0.0', facts: { dataset: 'digits' }, author: 'Ada' },
    );
    expect(wrappedConfig(settings, '1.0.0')).toEqual({
      training: { value: { optimizer: { name: 'adamw' }, batch_size: 32 } },
      name: { value: null },
      lathe: { value: { id: 'abcdefgh', version: '1.0.0', dataset: 'digits', author: 'Ada' } },
      _wandb: { value: { t: { 5: '1.0.0', 12: '1.0.0', 13: 'browser' }, m: [] } },
    });
  });

  it('take keys that objects have by themselves for keys', () => {
    const nested = nest({ '__proto__.x': 1, 'constructor.y': 2 });
    expect(Object.keys(nested)).toEqual(['__proto__', 'constructor']);
    expect(JSON.stringify(nested)).toBe('{"__proto__":{"x":1},"constructor":{"y":2}}');
    expect(Reflect.get({}, 'x')).toBeUndefined();
  });
});

it('JSON keeps what JSON cannot say', () => {
  expect(wandbJson({ a: [NaN, { 'b"': -Infinity }], c: null, d: 'x' })).toBe(
    '{"a":[NaN,{"b\\"":-Infinity}],"c":null,"d":"x"}',
  );
});

it('files do not take the places of W&B’s own', () => {
  expect(remotePath('config.yaml')).toBe('lathe/config.yaml');
  expect(remotePath('plots/loss.svg')).toBe('plots/loss.svg');
});
