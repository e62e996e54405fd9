import { describe, expect, it } from 'vitest';
import { cut, safeName } from '../../../../../src/tracking/trackers/mlflow/names';

/** Reads an escaped name back. */
const decode = (name: string): string =>
  name.replace(/-u([0-9a-f]*)-/g, (_, code: string) => (code === '' ? '' : String.fromCodePoint(parseInt(code, 16))));

const NAMES = [
  'loss',
  'val_loss',
  'system/gpu_memory',
  'non-uniform',
  'a b.c-d/e',
  'größe',
  '日本語/損失',
  '😀',
  'a:b',
  'a;b',
  'a_b',
  '',
  '/',
  'a//b',
  'a/',
  '/a',
  './a',
  '../a',
  'a/./b',
  'a/..',
  'a/...',
  '.',
  '..',
  'a ',
  'a  ',
  '-ue9-',
  'é',
  '-u2d-',
  '-uab€',
  '«u20ac-',
  '-u-',
  'é-u€',
  'a%2fb',
  'a\\b',
  'line\nbreak',
];

describe('names at MLflow', () => {
  it('are left alone where every server takes them', async () => {
    for (const name of [
      'loss',
      'system/cpu_percent',
      'a b.c-d/e',
      'non-uniform',
      '.hidden',
      'training.optimizer.name',
    ]) {
      expect(await safeName(name)).toBe(name);
    }
  });

  it('have the safe alphabet, are paths in their shortest form, and can be read back', async () => {
    for (const name of NAMES) {
      const safe = await safeName(name);
      expect(safe).toMatch(/^[A-Za-z0-9_\-./ ]+$/);
      expect(safe.split('/')).not.toEqual(expect.arrayContaining(['']));
      expect(safe.split('/').filter((part) => /^\.{1,2}$/.test(part))).toEqual([]);
      expect(decode(safe)).toBe(name);
    }
    expect(new Set(await Promise.all(NAMES.map(safeName))).size).toBe(NAMES.length);
  });

  it('stay apart where they are too long', async () => {
    const names = ['n'.repeat(250), 'n'.repeat(251), `${'n'.repeat(299)}1`, `${'n'.repeat(299)}2`, 'é'.repeat(99)];
    const safe = await Promise.all(names.map(safeName));
    expect(new Set(safe).size).toBe(names.length);
    expect(safe.every(({ length }) => length <= 250)).toBe(true);
    expect(safe[0]).toBe(names[0]);
  });

  it('cuts texts between characters', () => {
    expect(cut('abc', 3)).toBe('abc');
    expect(cut('abcd', 3)).toBe('ab…');
    expect(cut('a😀b', 3)).toBe('a…');
  });
});
