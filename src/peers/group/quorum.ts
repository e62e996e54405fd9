/** Which part of a group may go on without the rest: at most one does, however it is split. */
import { numbersOf, type View } from './view';

/** Whether promises suffice: `tie`: exactly half, which a witness must decide. */
export type Quorum = 'yes' | 'tie' | 'no';

/**
 * Whether `promised` may decide for `view`: more than half of its members; or exactly half.
 * @param witnessed The room has a witness. Without one, the half that has the lowest member goes on.
 */
export function quorumOf(view: View, promised: ReadonlySet<number>, witnessed: boolean): Quorum {
  const members = numbersOf(view);
  const twice = 2 * members.filter((member) => promised.has(member)).length;
  if (twice > members.length) return 'yes';
  if (twice < members.length) return 'no';
  if (witnessed) return 'tie';
  return promised.has(members[0]) ? 'yes' : 'no';
}
