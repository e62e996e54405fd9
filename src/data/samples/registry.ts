/** The sample datasets. To add one: its file in this folder, and its line here. */
import { glyphs } from './glyphs';
import { houses } from './houses';
import type { Sample } from './sample';
import { spirals } from './spirals';
import { tales } from './tales';

/** Samples in the order in which they are offered. */
export const SAMPLES: readonly Sample[] = [spirals, houses, glyphs, tales];
