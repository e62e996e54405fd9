import type { Command } from './command';
import { exportModel } from './export';
import { generate } from './generate';
import { notYet } from './not-yet';
import { peer } from './peer';
import { predict } from './predict';
import { runs } from './runs';
import { sweep } from './sweep';
import { sync } from './sync';
import { train } from './train';

/** Every command, by its name. */
export const commands: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    train,
    sweep,
    predict,
    generate,
    export: exportModel,
    runs,
    peer,
    sync,
    verify: notYet('Checks this machine’s adapter'),
    reproduce: notYet('Repeats a run and compares its bits'),
  }),
);
