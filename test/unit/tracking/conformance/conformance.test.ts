import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeSubject, type Mistake } from '../../../helpers/tracking/fake-service';
import { checksFor } from '../../../integration/tracking/conformance/checks';
import { Setting } from '../../../integration/tracking/conformance/setting';

describe('a tracker without mistakes passes', () => {
  let setting: Setting;
  beforeAll(async () => {
    setting = await Setting.of(fakeSubject());
  });
  afterAll(() => setting.close());

  it.each(checksFor().map((check) => [check.title, check] as const))('%s', async (_title, check) => {
    try {
      await check.run(setting);
    } finally {
      setting.calm();
    }
  });
});

describe('a mistake is found', () => {
  it.each<[Mistake, RegExp]>([
    ['doubles', /^a batch whose acknowledgement was lost is not doubled$/],
    ['begins anew', /^a run of which nothing is known here any more/],
    ['merges names', /^metrics of odd names/],
    ['drops NaN', /^numbers that are none/],
    ['keeps every file', /^a file that is sent twice/],
    ['forgets', /killed and started again/],
    ['leaks', /^the key is in no state/],
    ['gives up', /^nothing is lost by: unavailable/],
    ['never ends', /^the facts may be told twice/],
  ])('%s', async (mistake, title) => {
    const setting = await Setting.of(fakeSubject(mistake));
    try {
      const found = checksFor().filter((check) => title.test(check.title));
      expect(found).toHaveLength(1);
      await expect(found[0].run(setting)).rejects.toThrow();
    } finally {
      await setting.close();
    }
  });
});

it('leaves out what a service has no notion of', () => {
  const all = checksFor();
  const few = checksFor(['http', 'files']);
  expect(few.length).toBeLessThan(all.length);
  expect(few.every(({ needs }) => !needs.includes('http') && !needs.includes('files'))).toBe(true);
});
