import { describe, expect, it } from 'vitest';
import { folderLayout } from '../../../../src/data/readers/image-folders';

const read = (paths: string[]) => {
  const { name, placed } = folderLayout(paths);
  return {
    name,
    labels: placed.map(({ label }) => label),
    test: placed.map(({ test }) => test),
    names: placed.map((p) => p.name),
  };
};

describe('folders of images', () => {
  it('are labels below what all have in common', () => {
    expect(read(['pets/cat/1.png', 'pets/dog/1.png', 'pets/cat/10.png', 'pets/cat/2.png'])).toEqual({
      name: 'pets',
      names: ['cat/1.png', 'cat/2.png', 'cat/10.png', 'dog/1.png'],
      labels: ['cat', 'cat', 'cat', 'dog'],
      test: [false, false, false, false],
    });
    expect(read(['a/x.png', 'b/x.png'])).toMatchObject({ name: 'images', labels: ['a', 'b'] });
  });

  it('are labels by their first level, however deep the files lie', () => {
    expect(read(['d/cat/2020/1.png', 'd/cat/2.png', 'd/dog/2021/1.png']).labels).toEqual(['cat', 'cat', 'dog']);
  });

  it('are splits where they are called so', () => {
    expect(read(['d/train/a/1.png', 'd/train/b/1.png', 'd/test/a/1.png', 'd/val/b/2.png'])).toMatchObject({
      name: 'd',
      labels: ['a', 'a', 'b', 'b'],
      test: [true, false, false, false],
    });
  });

  it('mean nothing where there is only one', () => {
    expect(read(['1.png', '2.png'])).toMatchObject({ name: 'images', labels: [null, null] });
    expect(read(['photos/1.png', 'photos/2.png'])).toMatchObject({ name: 'photos', labels: [null, null] });
  });

  it('are one label where all lie in one subfolder', () => {
    expect(read(['pets/cat/1.png', 'pets/cat/2.png'])).toMatchObject({ name: 'pets', labels: ['cat', 'cat'] });
  });

  it('leave images beside them without a label', () => {
    expect(read(['d/1.png', 'd/cat/1.png', 'd/dog/1.png']).labels).toEqual([null, 'cat', 'dog']);
  });
});
