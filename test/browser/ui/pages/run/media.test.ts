/** The Media tab of a run: everything that can be recorded, step by step. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { randomStream } from '../../../../../src/base/random';
import { binNumbers } from '../../../../../src/engine/histogram/bins';
import type { MediaContent, MediaRow } from '../../../../../src/store/media';
import { drawConfusion } from '../../../../../src/training/media/confusion-picture';
import { drawGrid } from '../../../../../src/training/media/picture-grid';
import { runRow } from '../../../../helpers/run-row';
import { expectAccessible, openPage } from '../open-page';

const STEPS = [20, 40, 60, 80];
const CLASSES = ['circle', 'square', 'triangle', 'a rather long name of a class'];
const random = randomStream(8, 'media page');

function histogram(scale: number): MediaContent {
  const { left_out: _leftOut, ...binned } = binNumbers(
    Float32Array.from({ length: 4000 }, () => scale * random.normal()),
  )!;
  return { kind: 'histogram', ...binned };
}

/** A second of silence. */
function silence(): Blob {
  const rate = 8000;
  const view = new DataView(new ArrayBuffer(44 + rate));
  const put = (at: number, text: string): void =>
    Array.from(text).forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  put(0, 'RIFF');
  view.setUint32(4, 36 + rate, true);
  put(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  put(36, 'data');
  view.setUint32(40, rate, true);
  for (let i = 44; i < view.byteLength; i++) view.setUint8(i, 128);
  return new Blob([view], { type: 'audio/wav' });
}

async function recording(step: number): Promise<MediaRow[]> {
  const progress = step / 80;
  const labels = Array.from({ length: 120 }, () => random.integer(CLASSES.length));
  const pixels = (): Uint8ClampedArray<ArrayBuffer> =>
    Uint8ClampedArray.from({ length: 4 * 12 * 12 }, (_, i) => (i % 4 === 3 ? 255 : random.integer(256)));
  const matrix = CLASSES.map((_, row) => CLASSES.map((__, column) => (row === column ? 1200 : random.integer(90))));
  const contents: Record<string, MediaContent> = {
    'predictions/examples': await drawGrid(
      labels.slice(0, 12).map((label, i) => ({
        pixels: pixels(),
        lines: [CLASSES[label], `${i % 3 ? '✓' : '✗'} ${CLASSES[i % 3 ? label : 0]} 81 %`],
        color: i % 3 ? '#17693f' : '#a8231c',
      })),
      { height: 12, width: 12 },
      '12 validation examples, with what each is and what the model says',
    ),
    'predictions/table': {
      kind: 'table',
      columns: ['example', 'truth', 'prediction', 'confidence'],
      rows: labels.slice(0, 30).map((label, i) => [i + 1, CLASSES[label], CLASSES[i % 4 ? label : 3 - label], 0.8123]),
    },
    'predictions/text': {
      kind: 'text',
      text: `Prompt:\n\n\`\`\`text\nOnce upon a time\n\`\`\`\n\nThe model goes on:\n\n\`\`\`text\nthere was step ${step}\n\`\`\``,
    },
    'confusion/val': await drawConfusion({ labels: CLASSES, matrix }, `Confusion matrix of step ${step}`),
    'speech/sample': { kind: 'audio', blob: silence(), sample_rate: 8000, seconds: 1, caption: 'A second of silence' },
    'embeddings/last_hidden': {
      kind: 'embedding',
      width: 16,
      vectors: Float32Array.from({ length: 120 * 16 }, (_, i) => {
        const label = labels[Math.floor(i / 16)];
        return (i % 16 === label ? 4 * progress : 0) + random.normal();
      }),
      columns: ['label', 'prediction', 'example'],
      metadata: labels.map((label, i) => [CLASSES[label], CLASSES[i % 5 ? label : 0], String(i + 1)]),
    },
  };
  for (let layer = 1; layer <= 6; layer++) {
    contents[`weights/dense_${layer}/kernel`] = histogram(0.2 + progress / layer);
    contents[`weights/dense_${layer}/bias`] = histogram(0.02 * progress);
    contents[`gradients/dense_${layer}/kernel`] = histogram(1e-3 / (step + layer));
  }
  return Object.entries(contents).map(([name, content]) => ({ run_id: 'run-1', name, step, time: step, content }));
}

let media: MediaRow[];

// The pages' chunks are transformed when they are first asked for.
beforeAll(async () => {
  await import('../../../../../src/ui/pages/run/Run.svelte');
  media = (await Promise.all(STEPS.map(recording))).flat();
});

beforeEach(() => page.viewport(1280, 1400));
afterEach(() => {
  delete document.documentElement.dataset.theme;
});

const runs = [runRow('run-1', { status: 'finished' }), runRow('run-2', { status: 'running' })];
const open = (hash = '#/runs/run-1?tab=media', rows = media) => openPage(hash, { runs, media: rows });

describe('the media of a run', () => {
  it.each([
    { width: 1280, theme: 'light' },
    { width: 1280, theme: 'dark' },
    { width: 390, theme: 'dark' },
  ])('are shown whole at $width pixels in $theme, and can be used by everybody', async ({ width, theme }) => {
    await page.viewport(width, 1400);
    document.documentElement.dataset.theme = theme;
    await open();
    await expect.element(page.getByRole('img', { name: 'Confusion matrix of step 80' })).toBeVisible();
    await expect.element(page.getByRole('img', { name: /^120 vectors/ })).toBeVisible();
    await expect.element(page.getByRole('img', { name: /over 4 recordings/ }).first()).toBeVisible();
    for (const title of ['Predictions', 'Confusion matrix', 'speech', 'Embeddings', 'Weights', 'Gradients']) {
      await expect.element(page.getByRole('heading', { name: title, exact: true, level: 2 })).toBeVisible();
    }
    await expect.element(page.getByLabelText('A second of silence')).toBeVisible();
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(width);
    await expectAccessible();
  });

  it('are those of the newest step, until another is chosen by keyboard', async () => {
    await open();
    const slider = page.getByRole('slider', { name: 'Step' });
    await expect.element(page.getByText('there was step 80')).toBeVisible();
    await expect.element(slider).toHaveAttribute('aria-valuetext', 'Step 80, recording 4 of 4');
    (slider.element() as HTMLElement).focus();
    await userEvent.keyboard('{ArrowLeft}{ArrowLeft}');
    await expect.element(page.getByText('there was step 40')).toBeVisible();
    await expect.element(page.getByRole('img', { name: 'Confusion matrix of step 40' })).toBeVisible();
    await userEvent.keyboard('{Home}');
    await expect.element(page.getByText('there was step 20')).toBeVisible();
    await userEvent.keyboard('{End}');
    await expect.element(page.getByText('there was step 80')).toBeVisible();
  });

  it('mark what was predicted wrongly, and show more of a long table when asked', async () => {
    await open();
    const table = page.getByRole('region', { name: 'Table predictions/table' });
    await expect.element(table).toBeVisible();
    expect(table.getByRole('row').elements()).toHaveLength(21);
    expect(table.getByText('wrong:').elements().length).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Show more of 30' }).click();
    expect(table.getByRole('row').elements()).toHaveLength(31);
  });

  it('break no number of a table where there is no room: the table scrolls', async () => {
    await page.viewport(390, 900);
    const columns = ['example', 'target', 'prediction', 'residual', 'a column of words'];
    const rows = Array.from({ length: 4 }, (_, i) => [
      i,
      -0.46753,
      12_345.678,
      -0.00012345 * i,
      'several words in a row',
    ]);
    const table: MediaRow = {
      run_id: 'run-1',
      name: 'predictions/table',
      step: 20,
      time: 20,
      content: { kind: 'table', columns, rows },
    };
    await open(undefined, [table]);
    const region = page.getByRole('region', { name: 'Table predictions/table' });
    await expect.element(region).toBeVisible();
    const lines = (cell: Element): number => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return new Set(Array.from(range.getClientRects(), ({ top }) => Math.round(top))).size;
    };
    for (const cell of region.element().querySelectorAll('.number')) expect(lines(cell), cell.textContent).toBe(1);
    expect(region.element().scrollWidth).toBeGreaterThan(region.element().clientWidth);
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(390);
  });

  it('colour embeddings by what the user chooses', async () => {
    await open();
    await expect.element(page.getByRole('img', { name: /coloured by label$/ })).toBeVisible();
    await page.getByText('prediction', { exact: true }).last().click();
    await expect.element(page.getByRole('img', { name: /coloured by prediction$/ })).toBeVisible();
  });

  it('come while the run trains, and the tab with the first of them', async () => {
    const rows: MediaRow[] = [];
    const memory = await open('#/runs/run-2', rows);
    await expect.element(page.getByRole('tab', { name: 'Config' })).toBeVisible();
    expect(page.getByRole('tab', { name: 'Media' }).elements()).toHaveLength(0);
    const arrive = (step: number): void => {
      rows.push(...media.filter((row) => row.step === step).map((row) => ({ ...row, run_id: 'run-2' })));
      memory.emit({ type: 'media', run_id: 'run-2', step });
    };
    arrive(20);
    await page.getByRole('tab', { name: 'Media' }).click();
    await expect.element(page.getByText('there was step 20')).toBeVisible();
    expect(page.getByRole('slider').elements()).toHaveLength(0);
    arrive(40);
    await expect.element(page.getByText('there was step 40')).toBeVisible();
    await expect.element(page.getByRole('slider')).toBeVisible();
  });
});
