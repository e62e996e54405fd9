/**
 * What every tracker must show. To add a check: its entry here. Each begins runs of its own, on a server that all checks of a
 * subject share.
 */
import { expect } from 'vitest';
import { DeliveryError } from '../../../../src/tracking/http/http';
import type { Batch } from '../../../../src/tracking/tracker';
import { atRandom, FAULTS, inOrder, type FaultName, type Script, type Seen } from '../../../helpers/tracking/faults';
import type { Arrived, Lack } from '../subject';
import { batch, batches, ended, file, pointsOf, type Points } from './runs';
import { secretsOf, type Setting } from './setting';

/** One thing that a tracker must show. */
export interface Check {
  title: string;
  /** What its service must have, so that it can be seen. */
  needs: readonly Lack[];
  /** Throws where the tracker does not. */
  run(setting: Setting): Promise<void>;
}

/** Faults that pass by themselves, before the server has seen the request. */
const HARMLESS = ['too many', 'server error', 'unavailable', 'cut before'] as const satisfies FaultName[];

/** Seeds of the faults by chance. */
const SEEDS = [1, 2, 3];

const opening: Check[] = [
  {
    title: 'the address answers a harmless question with a sentence',
    needs: [],
    async run(setting) {
      expect(await setting.connect().check()).toMatch(/\S.*\.$/s);
    },
  },
  {
    title: 'a run that is opened twice is the same run',
    needs: [],
    async run(setting) {
      await once(setting, (delivery) => delivery.reload());
    },
  },
  {
    title: 'a run of which nothing is known here any more is the same run',
    needs: [],
    async run(setting) {
      await once(setting, (delivery) => delivery.reload({ lost: true }));
    },
  },
  {
    title: 'a run whose beginning was not acknowledged is the same run',
    needs: ['http'],
    async run(setting) {
      // One after another, every request of the beginning is lost on its way back.
      const run = setting.newRun();
      const all = batches(run.id, { count: 2 });
      let at = 0;
      let passed = 0;
      setting.proxy.script = () => {
        if (passed < at) {
          passed += 1;
          return null;
        }
        [at, passed] = [at + 1, 0];
        return at > 12 ? null : FAULTS['cut after'];
      };
      const delivery = setting.deliver(run);
      await delivery.open();
      setting.calm();
      await delivery.send(all);
      await delivery.update(ended(run));
      expectPoints(setting, await setting.read(run), all);
    },
  },
];

const batchesArrive: Check[] = [
  {
    title: 'batches arrive complete, once and in order, with params and lines',
    needs: [],
    async run(setting) {
      const run = setting.newRun();
      const all = batches(run.id);
      const delivery = setting.deliver(run);
      await delivery.open();
      await delivery.send(all);
      await delivery.update(ended(run));
      const arrived = await setting.read(run);
      expectPoints(setting, arrived, all);
      expectLines(arrived, all);
      if (arrived.params) {
        expect(arrived.params).toMatchObject({ 'training.batch_size': '32', 'training.optimizer.name': 'adamw' });
      }
    },
  },
  {
    title: 'every batch through a new connection with what was stored',
    needs: [],
    async run(setting) {
      const run = setting.newRun();
      const all = batches(run.id);
      const delivery = setting.deliver(run);
      for (const one of all) {
        await delivery.send([one]);
        delivery.reload();
      }
      await delivery.update(ended(run));
      const arrived = await setting.read(run);
      expectPoints(setting, arrived, all);
      expectLines(arrived, all);
    },
  },
  ...HARMLESS.map((name): Check => ({
    title: `nothing is lost by: ${name}`,
    needs: ['http'],
    async run(setting) {
      const run = setting.newRun();
      const all = batches(run.id);
      setting.proxy.script = atRandom(1, { [name]: 0.3 });
      const delivery = setting.deliver(run);
      await delivery.send(all);
      await delivery.update(ended(run));
      expect(delivery.failures).not.toEqual([]);
      const arrived = await setting.read(run);
      expectPoints(setting, arrived, all);
      expectLines(arrived, all);
    },
  })),
  {
    title: 'a batch whose acknowledgement was lost is not doubled',
    needs: ['http'],
    async run(setting) {
      const run = setting.newRun();
      const all = batches(run.id, { count: 6 });
      const delivery = setting.deliver(run);
      await delivery.open();
      for (const [i, one] of all.entries()) {
        // The first request, the second one, …: a batch may take several.
        setting.proxy.script = inOrder([...Array.from({ length: i % 3 }, () => null), 'cut after']);
        await delivery.send([one]);
      }
      setting.calm();
      await delivery.update(ended(run));
      const arrived = await setting.read(run);
      expectPoints(setting, arrived, all);
      expectLines(arrived, all);
    },
  },
  {
    title: 'the same, where the server is killed and started again in between',
    needs: ['http', 'memory'],
    async run(setting) {
      const run = setting.newRun();
      const all = batches(run.id);
      const delivery = setting.deliver(run);
      await delivery.send(all.slice(0, 1));
      setting.proxy.script = inOrder(['cut after', ...Array.from({ length: 3 }, () => 'cut before' as const)]);
      const sending = delivery.send(all.slice(1, 2));
      await answered(setting, 'cut after');
      await setting.server.kill();
      await Promise.all([sending, setting.server.restart()]);
      setting.calm();
      delivery.reload();
      await setting.server.kill();
      await Promise.all([delivery.send(all.slice(2)), setting.server.restart()]);
      await delivery.update(ended(run));
      const arrived = await setting.read(run);
      expectPoints(setting, arrived, all);
      expectLines(arrived, all);
    },
  },
  ...SEEDS.map((seed): Check => ({
    title: `everything by chance, seed ${seed}`,
    needs: ['http'],
    async run(setting) {
      const run = setting.newRun();
      const all = batches(run.id, { count: 10, steps: 7 });
      const files = [file('notes.txt', 'one'), file('plots/loss.svg', '<svg/>', 'image/svg+xml')];
      setting.proxy.script = atRandom(seed, {
        'cut after': 0.2,
        'cut before': 0.05,
        'server error': 0.05,
        'too many': 0.05,
        unavailable: 0.05,
      });
      const delivery = setting.deliver(run, seed);
      await delivery.send(all);
      if (!lacks(setting, 'files')) await delivery.upload(files);
      await delivery.update(ended(run), files);
      setting.calm();
      const arrived = await setting.read(run);
      expectPoints(setting, arrived, all);
      expectLines(arrived, all);
      expect(arrived.status).toMatch(/finish/i);
      if (!lacks(setting, 'files')) {
        expect(sizesOf(arrived, 'notes.txt')).toEqual([3]);
        expect(sizesOf(arrived, 'loss.svg')).toEqual([6]);
      }
    },
  })),
];

const contents: Check[] = [
  {
    title: 'numbers that are none arrive as what they are',
    needs: [],
    async run(setting) {
      const run = setting.newRun();
      const values = [1.5, NaN, Infinity, -Infinity, -0.25, 1e-300, 1e300];
      const all = [
        batch(0, run.id, { loss: values.map((value, step) => [step, value]), val_loss: [[3, NaN]] }),
        batch(1, run.id, { loss: [[values.length, 0.5]] }),
      ];
      const delivery = setting.deliver(run);
      await delivery.send(all);
      await delivery.update({ ...ended(run), summary: { loss: NaN, val_loss: Infinity } });
      expectPoints(setting, await setting.read(run), all);
    },
  },
  {
    title: 'metrics of odd names are kept apart, and none is lost',
    needs: [],
    async run(setting) {
      const run = setting.newRun();
      const long = 'n'.repeat(299);
      const names = [
        'a/b c',
        'a:b',
        'a;b',
        'a_b',
        'größe µ',
        '日本語/損失',
        'loss (train), %',
        '"\\',
        `${long}1`,
        `${long}2`,
      ];
      const points = Object.fromEntries(
        names.map((name, i): [string, [number, number][]] => [name, [0, 1, 2].map((step) => [step, i * 8 + step])]),
      );
      const all = [batch(0, run.id, points)];
      const delivery = setting.deliver(run);
      await delivery.send(all);
      await delivery.update({ ...ended(run), tags: names, notes: names.join('\n') });
      const { metrics } = await setting.read(run);
      // Under whatever names.
      const lists = (given: Points): string[] => Object.values(given).map((list) => JSON.stringify(list));
      expect(lists(metrics)).toEqual(expect.arrayContaining(lists(setting.kept(points))));
    },
  },
  {
    title: 'params of odd names and lengths do not keep a run from beginning',
    needs: [],
    async run(setting) {
      const params = {
        'model.layers.0': 'x'.repeat(7000),
        'data.columns.größe (cm)': 'feature',
        [`data.columns.${'y'.repeat(300)}`]: 'ignore',
        empty: '',
        nothing: null,
        flag: true,
        'training.batch_size': 32,
      };
      const run = setting.newRun({ params, name: 'größe / “odd”', tags: ['ü', 'a:b'] });
      const delivery = setting.deliver(run);
      await delivery.open();
      await delivery.send(batches(run.id, { count: 1 }));
      delivery.reload({ lost: true });
      await delivery.update(ended(run));
      const { params: arrived } = await setting.read(run);
      if (arrived) expect(arrived).toMatchObject({ 'training.batch_size': '32' });
    },
  },
  {
    title: 'a file that is sent twice is there once, with its last content',
    needs: ['files'],
    async run(setting) {
      const run = setting.newRun();
      const files = [file('notes.txt', 'first'), file('plots/a b (ü).svg', '<svg/>', 'image/svg+xml')];
      const newer = file('notes.txt', 'second one');
      const bundle = file('model/bundle.zip', 'b'.repeat(70_000), 'application/zip');
      const delivery = setting.deliver(run);
      await delivery.send(batches(run.id, { count: 1 }));
      await delivery.upload([...files, bundle]);
      delivery.reload();
      await delivery.upload([newer, bundle]);
      const last = [newer, files[1], bundle];
      await delivery.update(ended(run), last);
      const arrived = await setting.read(run);
      expect(sizesOf(arrived, 'notes.txt')).toEqual([newer.bytes]);
      expect(sizesOf(arrived, '.svg')).toEqual([files[1].bytes]);
      expect(sizesOf(arrived, 'bundle.zip')).toEqual([bundle.bytes]);
    },
  },
  {
    title: 'a study and its trials are told apart, whichever comes first',
    needs: [],
    async run(setting) {
      const id = setting.newRun().id;
      const group = { id, name: 'search' };
      const space = { 'training.optimizer.learning_rate': 'float 0.00001 to 0.1, log' };
      const study = setting.newRun({
        noun: 'study',
        id,
        name: 'search',
        params: space,
        group: { ...group, role: 'study', trial: null },
      });
      const trials = [0, 1].map((trial) => setting.newRun({ group: { ...group, role: 'trial', trial } }));
      const values = trials.map(({ id: trial }) => batches(trial, { count: 1, steps: 3 }));
      const points = [
        batch(0, id, {
          loss: [
            [0, 0.5],
            [1, 0.25],
          ],
        }),
      ];
      const [first, second] = trials.map((trial) => setting.deliver(trial));
      const parent = setting.deliver(study);
      await first.send(values[0]);
      await parent.send(points);
      await second.send(values[1]);
      await first.update(ended(trials[0]));
      await second.update(ended(trials[1]));
      await parent.update(ended(study));
      for (const [i, trial] of trials.entries()) expectPoints(setting, await setting.read(trial), values[i]);
      expectPoints(setting, await setting.read(study), points);
    },
  },
];

const endings: Check[] = [
  {
    title: 'the facts may be told twice, and the status is that of the end',
    needs: [],
    async run(setting) {
      const [good, bad] = [setting.newRun(), setting.newRun()];
      const all = batches(good.id, { count: 1 });
      const first = setting.deliver(good);
      await first.send(all);
      await first.update({ ...good, notes: 'on its way' });
      expect((await setting.read(good)).status).not.toMatch(/finish/i);
      await first.update(ended(good));
      await first.update(ended(good));
      expectPoints(setting, await setting.read(good), all);
      first.reload({ lost: true });
      await first.update(ended(good));
      const second = setting.deliver(bad);
      await second.send(batches(bad.id, { count: 1 }));
      await second.update({ ...ended(bad, 'failed'), reason: 'The loss is not a number.' });
      const arrived = await setting.read(good);
      expect(arrived.status).toMatch(/finish/i);
      // Where last values are all that is kept, they are those of the summary once nothing is remembered.
      if (!lacks(setting, 'history')) expectPoints(setting, arrived, all);
      expect((await setting.read(bad)).status).not.toMatch(/finish|running/i);
    },
  },
  {
    title: 'a run that ended and goes on is the same run',
    needs: [],
    async run(setting) {
      const run = setting.newRun();
      const all = batches(run.id);
      const delivery = setting.deliver(run);
      await delivery.send(all.slice(0, 2));
      await delivery.update(ended(run, 'stopped'));
      delivery.reload();
      await delivery.update(run);
      await delivery.send(all.slice(2));
      await delivery.update(ended(run));
      const arrived = await setting.read(run);
      expectPoints(setting, arrived, all);
      expect(arrived.status).toMatch(/finish/i);
    },
  },
];

const keys: Check[] = [
  {
    title: 'a key that is refused is told as that, and is not tried again',
    needs: ['http'],
    async run(setting) {
      const run = setting.newRun();
      setting.proxy.script = () => FAULTS.unauthorized;
      const before = setting.proxy.requests.length;
      const delivery = setting.deliver(run);
      const sending = delivery.send(batches(run.id, { count: 1 }));
      await expect(sending).rejects.toMatchObject({ name: 'DeliveryError', code: 'unauthorized' });
      await expect(setting.connect().check()).rejects.toMatchObject({ name: 'DeliveryError', code: 'unauthorized' });
      expect(setting.proxy.requests.length - before).toBe(2);
    },
  },
  {
    title: 'the key is in no state, address, error or run',
    needs: ['http'],
    async run(setting) {
      const secrets = secretsOf(setting.credential);
      if (secrets.length === 0) return;
      const run = setting.newRun();
      const delivery = setting.deliver(run);
      const before = setting.proxy.requests.length;
      setting.proxy.script = inOrder(['server error', null, 'cut after', null, 'too many']);
      await delivery.send(batches(run.id, { count: 2 }));
      setting.calm();
      const opened = await setting.connect().open(run, delivery.state);
      await delivery.update(ended(run));
      setting.proxy.script = () => FAULTS.unauthorized;
      const refused: unknown = await setting
        .connect()
        .check()
        .catch((error: unknown) => error);
      const told = [...delivery.failures, refused].map((error) =>
        error instanceof DeliveryError ? { ...error, message: error.message } : null,
      );
      const requests = setting.proxy.requests.slice(before);
      const seen = JSON.stringify([
        delivery.state,
        opened.state,
        opened.url,
        told,
        await setting.read(run),
        requests.map(({ path, body }) => [path, body.toString()]),
      ]);
      for (const secret of secrets) expect(seen.includes(secret), 'the key can be read').toBe(false);
      expect(requests.some(({ authorization }) => authorization !== null)).toBe(true);
    },
  },
];

/** All of them. */
export const CHECKS: readonly Check[] = [...opening, ...batchesArrive, ...contents, ...endings, ...keys];

/** Those that a subject can be held to. */
export const checksFor = (lacking: readonly Lack[] = []): Check[] =>
  CHECKS.filter(({ needs }) => !needs.some((need) => lacking.includes(need)));

const lacks = ({ subject }: Setting, lack: Lack): boolean => subject.lacks?.includes(lack) === true;

/** A batch, something that must not matter, and another batch: all of it in one run. */
async function once(setting: Setting, between: (delivery: ReturnType<Setting['deliver']>) => void): Promise<void> {
  const run = setting.newRun();
  const all = batches(run.id, { count: 3 });
  const delivery = setting.deliver(run);
  await delivery.open();
  between(delivery);
  await delivery.send(all.slice(0, 2));
  between(delivery);
  await delivery.open();
  await delivery.send(all.slice(2));
  await delivery.update(ended(run));
  const arrived = await setting.read(run);
  expectPoints(setting, arrived, all);
  expectLines(arrived, all);
}

/** Resolves once the proxy has met a request with a fault. */
async function answered({ proxy }: Setting, name: FaultName): Promise<void> {
  const inner: Script = proxy.script;
  const wanted = FAULTS[name];
  await new Promise<void>((resolve) => {
    proxy.script = (request: Seen) => {
      const before = proxy.requests.at(-1);
      if (before?.fault === wanted && before.status !== null) resolve();
      return inner(request);
    };
  });
}

/** All points of the batches are there, each once, in order. */
function expectPoints(setting: Setting, { metrics }: Arrived, all: readonly Batch[]): void {
  const wanted = setting.kept(pointsOf(all));
  const found = Object.fromEntries(Object.keys(wanted).map((metric) => [metric, finite(metrics[metric] ?? [])]));
  expect(found).toEqual(Object.fromEntries(Object.entries(wanted).map(([metric, list]) => [metric, finite(list)])));
}

/** Databases have no infinity: some keep the largest number for it. */
const finite = (list: [number, number][]): [number, number][] =>
  list.map(([step, value]) => [step, Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, value))]);

/** All lines of the batches are there, each once, in order. */
function expectLines({ lines }: Arrived, all: readonly Batch[]): void {
  if (!lines) return;
  const wanted = all.flatMap((one) => one.lines.map(({ message }) => message));
  const found = lines.flatMap((line) => wanted.filter((message) => line.includes(message)));
  expect(found).toEqual(wanted);
}

/** Bytes of the files whose path ends so. */
const sizesOf = ({ files }: Arrived, ending: string): number[] =>
  Object.entries(files)
    .filter(([path]) => path.endsWith(ending))
    .map(([, bytes]) => bytes);
