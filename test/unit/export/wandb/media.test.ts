import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { wandbMedia } from '../../../../src/export/wandb/media';
import type { MediaContent, MediaRow } from '../../../../src/store/media';

const row = (content: MediaContent, name = 'samples'): MediaRow => ({
  run_id: 'r',
  name,
  step: 20,
  time: 1000,
  content,
});

const hashOf = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('media', () => {
  it('of images name the file beside them as wandb does', async () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const blob = new Blob([bytes]);
    const { value, file } = await wandbMedia(row({ kind: 'image', blob, width: 4, height: 3, caption: 'a cat' }));
    const sha256 = hashOf(bytes);
    const path = `media/images/samples_20_${sha256.slice(0, 20)}.png`;
    expect(value).toEqual({
      _type: 'image-file',
      sha256,
      size: 3,
      path,
      format: 'png',
      width: 4,
      height: 3,
      caption: 'a cat',
    });
    expect(file?.path).toBe(path);
    expect(new Uint8Array((await file?.blob.arrayBuffer()) ?? new ArrayBuffer())).toEqual(bytes);
  });

  it('of sounds are wave files', async () => {
    const blob = new Blob(['RIFF']);
    const { value } = await wandbMedia(row({ kind: 'audio', blob, sample_rate: 8000, seconds: 1, caption: 'hum' }));
    expect(value).toMatchObject({ _type: 'audio-file', caption: 'hum', size: 4 });
    expect(value.path).toMatch(/^media\/audio\/samples_20_[0-9a-f]{20}\.wav$/);
  });

  it('of tables are their columns and rows', async () => {
    const { value, file } = await wandbMedia(
      row({
        kind: 'table',
        columns: ['a', 'b'],
        rows: [
          [1, 'x'],
          [NaN, null],
        ],
      }),
    );
    expect(value).toMatchObject({ _type: 'table-file', ncols: 2, nrows: 2 });
    expect(await file?.blob.text()).toBe('{"columns":["a","b"],"data":[[1,"x"],[NaN,null]]}');
  });

  it('of embeddings are tables with a column a dimension', async () => {
    const vectors = Float32Array.of(0.5, 1, 1.5, 2);
    const { value, file } = await wandbMedia(
      row({ kind: 'embedding', vectors, width: 2, columns: ['label'], metadata: [['cat'], ['dog']] }),
    );
    expect(value).toMatchObject({ _type: 'table-file', ncols: 3, nrows: 2 });
    expect(JSON.parse((await file?.blob.text()) ?? '')).toEqual({
      columns: ['label', 'dimension_0', 'dimension_1'],
      data: [
        ['cat', 0.5, 1],
        ['dog', 1.5, 2],
      ],
    });
  });

  it('of histograms stand in the line, in at most 512 bins, with nothing lost', async () => {
    const counts = Float64Array.from({ length: 1100 }, (_, i) => i);
    const edges = Float64Array.from({ length: 1101 }, (_, i) => i / 10);
    const { value, file } = await wandbMedia(
      row({ kind: 'histogram', edges, counts, min: 0, max: 110, count: 1, sum: 1, sum_squares: 1 }),
    );
    expect(file).toBeNull();
    const { values, bins, _type } = value as { values: number[]; bins: number[]; _type: string };
    expect(_type).toBe('histogram');
    expect(values.length).toBeLessThanOrEqual(512);
    expect(bins).toHaveLength(values.length + 1);
    expect(bins.at(-1)).toBe(110);
    expect(values.reduce((a, b) => a + b, 0)).toBe((1100 * 1099) / 2);
  });

  it('of texts are pages that run nothing', async () => {
    const { value, file } = await wandbMedia(row({ kind: 'text', text: '<script>alert(1)</script> & more' }));
    expect(value._type).toBe('html-file');
    expect(await file?.blob.text()).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; more');
  });

  it('stay in their folder, whatever they are called', async () => {
    const blob = new Blob(['x']);
    const image: MediaContent = { kind: 'image', blob, width: 1, height: 1, caption: '' };
    const paths = await Promise.all(
      ['../../etc/passwd', 'weights/dense 1', '/a//b'].map(
        async (name) => (await wandbMedia(row(image, name))).file?.path,
      ),
    );
    expect(paths).toEqual([
      expect.stringMatching(/^media\/images\/_\/_\/etc\/passwd_20_/),
      expect.stringMatching(/^media\/images\/weights\/dense_1_20_/),
      expect.stringMatching(/^media\/images\/a\/b_20_/),
    ]);
  });
});
