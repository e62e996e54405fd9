import { describe, expect, it } from 'vitest';
import type { MediaContent, MediaRow } from '../../../../../src/store/media';
import { mediaFiles } from '../../../../../src/tracking/trackers/mlflow/media';

const row = (name: string, content: MediaContent, step = 12): MediaRow => ({
  run_id: 'r',
  name,
  step,
  time: 0,
  content,
});
const written = async (rows: MediaRow[]): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all((await mediaFiles(rows)).map(async ({ path, content }) => [path, await content.text()] as const)),
  );

describe('media as files of a run', () => {
  it('are pictures and sounds with their captions', async () => {
    const blob = new Blob(['bytes']);
    expect(
      await written([
        row('predictions/0', { kind: 'image', blob, width: 1, height: 1, caption: 'a five' }),
        row('höre', { kind: 'audio', blob, sample_rate: 8000, seconds: 1, caption: '' }),
      ]),
    ).toEqual({
      'media/predictions/0/12.png': 'bytes',
      'media/predictions/0/12.caption.txt': 'a five',
      'media/h-uf6-re/12.wav': 'bytes',
    });
  });

  it('are tables as pandas splits them, texts and histograms', async () => {
    const histogram = {
      edges: Float64Array.of(-Infinity, 0, 1),
      counts: Float64Array.of(3, 4),
      min: NaN,
      max: 1,
      count: 7,
      sum: 2,
      sum_squares: 3,
    };
    expect(
      await written([
        row('t', { kind: 'table', columns: ['a', 'b'], rows: [[1, null]] }),
        row('x', { kind: 'text', text: '# Hi' }),
        row('weights/w', { kind: 'histogram', ...histogram }),
      ]),
    ).toEqual({
      'media/t/12.json': '{"columns":["a","b"],"data":[[1,null]]}',
      'media/x/12.md': '# Hi',
      'media/weights/w/12.json':
        '{"edges":["-Infinity",0,1],"counts":[3,4],"min":"NaN","max":1,"count":7,"sum":2,"sum_squares":3}',
    });
  });

  it('are vectors with what they stand for, as the embedding projector reads them', async () => {
    const vectors = Float32Array.of(1, 2, 3, 4);
    const one = { kind: 'embedding' as const, vectors, width: 2, columns: ['label'], metadata: [['a\tb'], ['c']] };
    const two = { ...one, columns: ['label', 'split'], metadata: [['a', 'val'], ['b', 'val']] }; // prettier-ignore
    expect(await written([row('e', one), row('f', two), row('g', { ...one, columns: [], metadata: [] })])).toEqual({
      'media/e/12.tsv': '1\t2\n3\t4\n',
      'media/e/12.metadata.tsv': 'a b\nc\n',
      'media/f/12.tsv': '1\t2\n3\t4\n',
      'media/f/12.metadata.tsv': 'label\tsplit\na\tval\nb\tval\n',
      'media/g/12.tsv': '1\t2\n3\t4\n',
    });
  });

  it('stay apart where several have one name and step', async () => {
    const text = (content: string): MediaRow => row('x', { kind: 'text', text: content });
    expect(await written([text('one'), text('two')])).toEqual({ 'media/x/12.md': 'one', 'media/x/12-2.md': 'two' });
  });
});
