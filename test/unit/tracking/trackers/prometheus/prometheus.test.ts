import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MetricFamily } from '../../../../../src/base/exposition';
import type { Json } from '../../../../../src/store/study';
import { parseConfig } from '../../../../../src/config/parse';
import { DeliveryError, type Http } from '../../../../../src/tracking/http/http';
import { groupAddress } from '../../../../../src/tracking/trackers/prometheus/grouping';
import { prometheus } from '../../../../../src/tracking/trackers/prometheus/prometheus';
import { startPushgateway, type FakePushgateway } from '../../../../helpers/pushgateway';
import { plainHttp, pointsBatch, series, trackedRun } from '../../../../helpers/tracked-run';

let gateway: FakePushgateway;
beforeEach(async () => (gateway = await startPushgateway()));
afterEach(() => gateway.close());

const connect = (http: Http = plainHttp) => prometheus.connect({ url: gateway.url, job: 'lathe' }, http);

/** Values by the labels that tell them apart. */
const valuesOf = (name: string, families: MetricFamily[] = gateway.families()): Record<string, number> =>
  Object.fromEntries(
    (families.find((family) => family.name === name)?.samples ?? []).map(({ labels, value }) => [
      `${labels.run} ${labels.metric ?? labels.status ?? labels.queue ?? ''}`.trim(),
      value,
    ]),
  );

describe('the destination prometheus', () => {
  it('pushes the newest value of every curve, of the machine, and how far the run is', async () => {
    const remote = await connect().open(trackedRun(), null);
    await remote.send(
      pointsBatch(
        1,
        series('train_loss', [3, 2, 1]),
        series('val_loss', [2.5], 2),
        series('samples_per_second', [900, 1000]),
        series('gpu_bytes', [4096]),
        series('system/cpu_percent', [80]),
        series('system/queue_length', [7]),
        series('epoch', [1]),
      ),
      false,
    );
    expect(valuesOf('lathe_metric')).toMatchObject({ 'a1b2c3d4 train_loss': 1, 'a1b2c3d4 val_loss': 2.5 });
    expect(valuesOf('lathe_metric_step')).toMatchObject({ 'a1b2c3d4 train_loss': 3, 'a1b2c3d4 val_loss': 2 });
    expect(valuesOf('lathe_step')).toEqual({ a1b2c3d4: 3 });
    expect(valuesOf('lathe_epoch')).toEqual({ a1b2c3d4: 1 });
    expect(valuesOf('lathe_samples_per_second')).toEqual({ a1b2c3d4: 1000 });
    expect(valuesOf('lathe_gpu_memory_bytes')).toEqual({ a1b2c3d4: 4096 });
    expect(valuesOf('lathe_system')).toEqual({ 'a1b2c3d4 cpu_percent': 80, 'a1b2c3d4 queue_length': 7 });
    expect(valuesOf('lathe_queue_length')).toEqual({ 'a1b2c3d4 all': 7 });
    expect(valuesOf('lathe_run_status')).toEqual({ 'a1b2c3d4 running': 1 });
    expect(gateway.families().find(({ name }) => name === 'lathe_step')?.samples[0].labels).toEqual({
      job: 'lathe',
      run: 'a1b2c3d4',
      name: 'digits',
      dataset: 'mnist',
      adapter: 'NVIDIA H100',
    });
  });

  it('sends a batch again without doubling anything, and older steps change nothing', async () => {
    const remote = await connect().open(trackedRun(), null);
    const batch = pointsBatch(1, series('loss', [2, 1], 10));
    await remote.send(batch, false);
    const once = gateway.families();
    await remote.send(batch, true);
    expect(gateway.families()).toEqual(once);
    await remote.send(pointsBatch(2, series('loss', [9])), false);
    expect(valuesOf('lathe_metric')).toEqual({ 'a1b2c3d4 loss': 1 });
  });

  it('goes on from what it remembers, values included that are no numbers', async () => {
    const remote = await connect().open(trackedRun(), null);
    await remote.send(pointsBatch(1, series('loss', [NaN]), series('val_loss', [Infinity]), series('x', [0.1])), false);
    const state = JSON.parse(JSON.stringify(remote.state)) as Json;
    const later = await connect().open(trackedRun(), state);
    await later.send(pointsBatch(2, series('x', [0.2], 2)), false);
    expect(valuesOf('lathe_metric')).toEqual({
      'a1b2c3d4 loss': NaN,
      'a1b2c3d4 val_loss': Infinity,
      'a1b2c3d4 x': 0.2,
    });
  });

  it('takes the last values from the run’s row where its memory was lost', async () => {
    const run = trackedRun({ summary: { val_loss: 0.5, 'best/val_loss': 0.4, 'test/accuracy': 0.9 } });
    const remote = await connect().open(run, { something: 'else' });
    await remote.send(pointsBatch(9, series('loss', [1], 50)), false);
    expect(valuesOf('lathe_metric')).toEqual({
      'a1b2c3d4 loss': 1,
      'a1b2c3d4 val_loss': 0.5,
      'a1b2c3d4 test/accuracy': 0.9,
    });
    expect(valuesOf('lathe_metric_best')).toEqual({ 'a1b2c3d4 val_loss': 0.4 });
    expect(valuesOf('lathe_metric_step')).toEqual({ 'a1b2c3d4 loss': 50 });
  });

  it('keeps the group of a run that ended, with the status that it ended in and its last name', async () => {
    const remote = await connect().open(trackedRun(), null);
    await remote.send(pointsBatch(1, series('loss', [1])), false);
    await remote.update(trackedRun({ status: 'finished', name: 'renamed', ended: 1 }), []);
    expect(valuesOf('lathe_run_status')).toEqual({ 'a1b2c3d4 finished': 1 });
    expect(gateway.families().flatMap(({ samples }) => samples.map(({ labels }) => labels.name))).not.toContain(
      'digits',
    );
    expect(gateway.requests.some((request) => request.startsWith('DELETE'))).toBe(false);
  });

  it('keeps runs apart, and leaves groups of others alone', async () => {
    await fetch(`${gateway.url}/metrics/job/backup`, { method: 'POST', body: '# TYPE done gauge\ndone 1\n' });
    for (const id of ['aaaaaaaa', 'bbbbbbbb']) {
      const remote = await connect().open(trackedRun({ id }), null);
      await remote.send(pointsBatch(1, series('loss', [1])), false);
    }
    expect(Object.keys(valuesOf('lathe_step'))).toEqual(['aaaaaaaa', 'bbbbbbbb']);
    expect(gateway.families().some(({ name }) => name === 'done')).toBe(true);
  });

  it('says what answers there, by asking for no more than a push needs', async () => {
    expect(await connect().check()).toBe(
      'A Pushgateway (version 1.11.1) answers, and takes metrics. It has those of 0 runs of Lathe.',
    );
    const remote = await connect().open(trackedRun(), null);
    await remote.beat?.();
    expect(await connect().check()).toMatch(/those of 1 run of Lathe/);
    const page: Http = { ...plainHttp, request: async () => new Response('<!doctype html>\n') };
    await expect(connect(page).check()).rejects.toMatchObject({ code: 'answer', message: /is no Pushgateway/ });
  });

  it('lets failures through, and says what helps where the browser may not read the answer', async () => {
    const remote = await connect().open(trackedRun(), null);
    gateway.refuse(503);
    await expect(remote.send(pointsBatch(1, series('loss', [1])), false)).rejects.toMatchObject({ code: 'server' });
    const closed: Http = {
      ...plainHttp,
      request: () => Promise.reject(new DeliveryError('cors', 'No.')),
    };
    await expect(connect(closed).check()).rejects.toMatchObject({ code: 'cors', message: /Put a proxy before it/ });
  });

  it('pauses between pushes', () => expect(prometheus.limits.pause_ms).toBe(5000));
});

describe('its settings', () => {
  const config = (logging: object) => parseConfig({ version: 1, data: { dataset: 'x' }, logging });

  it('come from the config', () => {
    expect(prometheus.fromConfig(config({}))).toBeNull();
    expect(prometheus.fromConfig(config({ prometheus: { gateway: 'http://localhost:9091' } }))).toEqual({
      url: 'http://localhost:9091',
      job: 'lathe',
    });
    expect(() => prometheus.fromConfig(config({ prometheus: { gateway: 'http://x/', job: ' ' } }))).toThrow(
      /^logging.prometheus.job: The job needs a name/,
    );
  });

  it.each(['ftp://x', 'x', 'http://a:b@host', 'http://host/?a', 'http://host/#a'])('refuse %s', (url) => {
    expect(v.safeParse(prometheus.schema, { url }).success).toBe(false);
  });

  it('name the one origin that is talked to', () => {
    expect(prometheus.origins({ url: 'http://host:9091/prefix/', job: 'lathe' })).toEqual(['http://host:9091']);
  });
});

describe('the address of a group', () => {
  it.each([
    ['http://h:9091', 'lathe', 'a1', 'http://h:9091/metrics/job/lathe/run/a1'],
    ['http://h/prefix//', 'lathe', 'a1', 'http://h/prefix/metrics/job/lathe/run/a1'],
    ['http://h', 'my/team', '', 'http://h/metrics/job@base64/bXkvdGVhbQ/run@base64/='],
    ['http://h', '..', 'Προμηθεύς', 'http://h/metrics/job@base64/Li4/run@base64/zqDPgc6_zrzOt864zrXPjc-C'],
  ])('%s %s %s', (url, job, run, address) => expect(groupAddress(url, job, run)).toBe(address));

  it('leads to the labels that it stands for, however odd', async () => {
    for (const job of ['a b', '..', 'a/b', '😀"\n', '%2F']) {
      const remote = await prometheus
        .connect({ url: gateway.url, job }, plainHttp)
        .open(trackedRun({ id: `r${job}` }), null);
      await remote.beat?.();
      const samples = gateway.families().find(({ name }) => name === 'lathe_run_info')?.samples ?? [];
      expect(samples.some(({ labels }) => labels.job === job && labels.run === `r${job}`)).toBe(true);
    }
  });
});
