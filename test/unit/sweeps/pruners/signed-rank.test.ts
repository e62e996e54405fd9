import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { signedRankGreater } from '../../../../src/sweeps/pruners/signed-rank';

/** Differences and, behind an arrow, scipy's p-value; from `reference/decisions.py`. */
const reference = v
  .parse(v.array(v.string()), JSON.parse(readFileSync(`${import.meta.dirname}/reference/signed-rank.json`, 'utf8')))
  .map((line) => {
    const [differences, p] = line.split(' -> ');
    return { differences: differences.split(' ').map(Number), p: Number(p) };
  });

it.each(reference)('gives scipy’s p-value $p, exact or approximate, with ties and zeros', ({ differences, p }) => {
  expect(Math.abs(signedRankGreater(differences) / p - 1)).toBeLessThan(1e-11);
});
