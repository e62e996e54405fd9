/** Every format that can be read. To add one: its file in this folder, and its line here. */
import { csv } from './csv';
import { gzip } from './gzip';
import { idx } from './idx';
import { images } from './images';
import type { Reader, Unpacker } from './reader';
import { text } from './text';
import { zip } from './zip';

/** Readers, in the order in which they are asked; what any file of text may look like comes last. */
export const READERS: readonly Reader[] = [idx, images, text, csv];

/** Openers of files that hold other files. */
export const UNPACKERS: readonly Unpacker[] = [zip, gzip];
