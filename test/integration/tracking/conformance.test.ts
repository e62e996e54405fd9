import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { TRACKERS } from '../../../src/tracking/registry';
import { describePython } from '../python';
import { checksFor } from './conformance/checks';
import { Setting } from './conformance/setting';
import { SUBJECTS } from './subjects/registry';

it('leaves no tracker out', () => {
  const kinds = (list: readonly { kind: string }[]): string[] => list.map(({ kind }) => kind).sort();
  expect(kinds(SUBJECTS.map(({ tracker }) => tracker))).toEqual(kinds(TRACKERS));
});

describePython.each(SUBJECTS.map((subject) => [subject.name, subject] as const))('%s', (_name, subject) => {
  let setting: Setting;
  beforeAll(async () => {
    setting = await Setting.of(subject);
  });
  afterEach(() => setting.calm());
  afterAll(() => setting.close());

  it.each(checksFor(subject.lacks).map((check) => [check.title, check] as const))('%s', (_title, check) =>
    check.run(setting),
  );
});
