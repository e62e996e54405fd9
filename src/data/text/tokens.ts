/** A text as tokens: each character is one, numbered by a vocabulary that is fitted to the training part. */
import type { BlobStore } from '../../store/blobs';
import type { TextDatasetRow } from '../../store/schema';
import { byFrequency, CODE_POINTS, unitsOf } from './code-points';
import type { TextPart } from './windows';

/** The token of every character that the vocabulary lacks. */
export const UNKNOWN = 0;

/** Characters that get a token of their own; rarer ones are unknown. Each costs a row of the embedding and an output. */
export const MAX_VOCABULARY = 4096;

/** The characters of a text's training part. */
export interface Vocabulary {
  /** By code point. */
  characters: string[];
  /** Different characters that were too rare for a place in it. */
  rare: number;
}

/** The vocabulary of `parts` of a text, which ascend: the most frequent characters, by code point. */
export async function fitVocabulary(
  dataset: TextDatasetRow,
  parts: readonly TextPart[],
  blobs: BlobStore,
): Promise<Vocabulary> {
  const counts = new Float64Array(CODE_POINTS);
  let part = 0;
  await eachCharacter(dataset, parts.at(-1)?.[1] ?? 0, blobs, (code, at) => {
    if (at >= parts[part][1]) part++;
    if (at >= parts[part][0]) counts[code]++;
  });
  const seen = byFrequency(counts);
  const kept = seen.slice(0, MAX_VOCABULARY);
  const codes = kept.map(({ code }) => code).sort((a, b) => a - b);
  return { characters: codes.map((code) => String.fromCodePoint(code)), rare: seen.length - kept.length };
}

/** All characters of a text as tokens. */
export async function encodeDataset(
  dataset: TextDatasetRow,
  vocabulary: string[],
  blobs: BlobStore,
): Promise<Uint16Array> {
  const tokens = tokenTable(vocabulary);
  const out = new Uint16Array(dataset.examples);
  let at = 0;
  await eachCharacter(dataset, dataset.examples, blobs, (code) => (out[at++] = tokens[code]));
  return out;
}

/** Text as tokens. */
export function encodeText(text: string, vocabulary: string[]): number[] {
  const tokens = new Map(vocabulary.map((character, i) => [character, i + 1]));
  return Array.from(text, (character) => tokens.get(character) ?? UNKNOWN);
}

/** Token by code point. */
function tokenTable(vocabulary: string[]): Uint16Array {
  const tokens = new Uint16Array(CODE_POINTS);
  vocabulary.forEach((character, i) => (tokens[character.codePointAt(0) ?? 0] = i + 1));
  return tokens;
}

/** Calls `take` with the code point of each of the first `end` characters, and its place in the text. */
async function eachCharacter(
  dataset: TextDatasetRow,
  end: number,
  blobs: BlobStore,
  take: (code: number, at: number) => void,
): Promise<void> {
  let left = end;
  for (const chunk of dataset.chunks) {
    if (left <= 0) return;
    const text = await (await blobs.get(chunk.text)).text();
    for (let at = 0; at < text.length && left > 0; left--) {
      const code = text.codePointAt(at) ?? 0;
      at += unitsOf(code);
      take(code, end - left);
    }
  }
}
