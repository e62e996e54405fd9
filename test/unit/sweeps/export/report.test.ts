import { describe, expect, it } from 'vitest';
import type { StudyRow, TrialRow } from '../../../../src/store/study';
import { writeStudyReport } from '../../../../src/sweeps/export/report';
import { html } from '../../../../src/sweeps/export/report/html';
import { studyRow, trialRow, TRIALS } from './study';

const text = (page: string): string =>
  page
    .replace(/<(style|script)>.*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

const importance = [
  { key: 'training.optimizer.learning_rate', importance: 0.75, best: 0.001 },
  { key: 'model.layers', importance: 0.25, best: 3 },
];

describe('a report', () => {
  it('says what was searched and what came out', () => {
    const page = text(writeStudyReport(studyRow(), TRIALS, importance));
    expect(page).toContain('5 trials searched 6 parameters for the lowest val_loss on mnist.');
    expect(page).toContain('The best is trial 0, with a val_loss of 0.5');
    expect(page).toContain('2 complete, 1 pruned, 1 failed, 1 waiting');
    // Two steps of three were left out at 20 steps each.
    expect(page).toContain('Steps saved by pruning about 40');
    expect(page).toContain('training.optimizer.name is sgd');
    expect(page).toContain('75.0 %');
    expect(page).toContain('training.optimizer.learning_rate: 0.001');
    expect(page).toContain('Its loss became NaN, at step 7');
  });

  it('asks for nothing from outside', () => {
    expect(writeStudyReport(studyRow(), TRIALS, importance)).not.toMatch(
      /(src|href|@import|url\()\s*[=(]?\s*["']?\w+:/,
    );
  });

  it('takes everything that users chose for text', () => {
    const evil = '"><script>alert(1)</script><b a=\'';
    const page = writeStudyReport(
      studyRow({
        name: evil,
        notes: evil,
        tags: [evil],
        dataset_name: evil,
        objectives: [{ metric: evil, direction: 'minimize' }],
        space: { [evil]: { type: 'categorical', choices: [evil, 'b'], when: { [evil]: evil } } },
        notices: [{ level: 'warning', message: evil }],
      }),
      [0, 1, 2].map((number) => trialRow({ number, params: { [evil]: evil }, values: [number], reason: evil })),
      [{ key: evil, importance: 1, best: evil }],
    );
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('<b a=');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  const NUMBERS = [NaN, Infinity, -Infinity, 0, -1, 1e308, 5e-324];

  it.each<[string, Partial<StudyRow>, TrialRow[]]>([
    ['no trials', {}, []],
    ['one trial', {}, TRIALS.slice(0, 1)],
    ['only failed trials', {}, TRIALS.slice(3, 4)],
    ['no parameters', { space: {} }, [trialRow({ number: 0, values: [1] }), trialRow({ number: 1, values: [1] })]],
    [
      'objectives that are no numbers',
      {},
      NUMBERS.map((value, number) =>
        trialRow({
          number,
          values: [value],
          params: { 'model.layers': 3 },
          intermediate: { steps: NUMBERS.map((_, i) => i), values: NUMBERS.map((_, i) => NUMBERS[(i + number) % 7]) },
        }),
      ),
    ],
    [
      'two objectives',
      {
        objectives: [
          { metric: 'a', direction: 'minimize' },
          { metric: 'b', direction: 'maximize' },
        ],
      },
      NUMBERS.map((value, number) => trialRow({ number, values: [value, number] })),
    ],
  ])('of %s has whole charts', (_name, fields, trials) => {
    const page = writeStudyReport(studyRow(fields), trials, []);
    const drawings = page.match(/<svg.*?<\/svg>/gs) ?? [];
    for (const drawing of drawings) {
      const attributes = drawing.match(/ (d|x|y|cx|cy|width|height|viewBox|transform)="[^"]*"/g) ?? [];
      expect(attributes.filter((attribute) => /NaN|Infinity|undefined|null/.test(attribute))).toEqual([]);
    }
    expect(page).not.toContain('undefined');
  });

  it('of ten thousand trials stays small, and says what it leaves out', () => {
    const keys = Array.from({ length: 20 }, (_, i) => `model.parameter_${i}`);
    const study = studyRow({
      space: Object.fromEntries(
        keys.map((key) => [key, { type: 'float', low: 0, high: 1, log: false, step: null, when: null }]),
      ),
    });
    const trials = Array.from({ length: 10_000 }, (_, number) =>
      trialRow({
        number,
        values: [(number * 0.618034) % 1],
        params: Object.fromEntries(keys.map((key, i) => [key, (number * (i + 1) * 0.7548777) % 1])),
        intermediate: { steps: [0, 1, 2, 3], values: [4, 3, 2, (number * 0.618034) % 1] },
        reason: 'A sentence that says why this trial ended before its time, of usual length.',
      }),
    );
    const page = writeStudyReport(study, trials, []);
    expect(page.length).toBeLessThan(5_000_000);
    const head = text(page.slice(0, page.indexOf('<tbody>')));
    expect(head).toContain('200 of 10,000 are drawn');
    expect(head).toContain('1,000 of 10,000 trials are drawn');
    expect(head).toMatch(/The best [\d,]+ of 10,000 trials; the CSV file has them all/);
  });
});

it('html escapes what is put in, and nothing else', () => {
  expect(html`<p title="${'"<&\''}">${html`<b>${1}</b>`}${['<i>', html`<br />`]}${null}${false}</p>`.text).toBe(
    '<p title="&quot;&lt;&amp;&#39;"><b>1</b>&lt;i&gt;<br /></p>',
  );
});
