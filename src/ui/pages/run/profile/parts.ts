/** The parts of a step as the profile draws them: the same colours in every figure. */
import type { StepPart } from '../../../../store/profile';
import { seriesColor } from '../../../colors';

/** Parts in the order in which a step goes through them. */
export const PARTS: readonly { part: StepPart; title: string; color: string }[] = [
  { part: 'forward', title: 'Forward', color: seriesColor(1) },
  { part: 'backward', title: 'Backward', color: seriesColor(0) },
  { part: 'update', title: 'Update', color: seriesColor(2) },
];

/** Colour of a part. */
export const partColor = (part: StepPart): string => PARTS.find((known) => known.part === part)?.color ?? '';
