/**
 * A group in the terms of torch.distributed: rank, world size, and calls that every member makes in the same order. For
 * numbers that are few; gradients go by transactions, which outlive the death of a member. A call fails where the members
 * change while it is under way.
 */
import { LatheError } from '../../base/errors';
import type { Group } from './group';

/** How `allReduce` combines the numbers of all members, in the order of ranks. */
export type Reduction = 'sum' | 'mean' | 'min' | 'max';

const COMBINE: Record<Reduction, (a: number, b: number) => number> = {
  sum: (a, b) => a + b,
  mean: (a, b) => a + b,
  min: Math.min,
  max: Math.max,
};

/** The members of a group as equals. */
export class ProcessGroup {
  private constructor(private readonly group: Group) {}

  /** Waits until the group is complete. @throws LatheError where it never is. */
  static async init(group: Group): Promise<ProcessGroup> {
    await group.complete();
    return new ProcessGroup(group);
  }

  /** Members now. */
  get worldSize(): number {
    return this.group.members.length;
  }

  /** The own place among them, from 0. It changes where somebody before leaves. @throws LatheError where it has none. */
  get rank(): number {
    const { member, members } = this.group;
    if (member === null) throw new LatheError('training', 'This peer is no member of the group now.');
    return members.indexOf(member);
  }

  /** Resolves once all members have called it. */
  async barrier(): Promise<void> {
    await this.group.gather([]);
  }

  /** The numbers of all members, by rank. */
  allGather(numbers: readonly number[]): Promise<number[][]> {
    return this.group.gather([...numbers]);
  }

  /** The numbers of member `root`, at every member; what the others give does not count. */
  async broadcast(numbers: readonly number[], root = 0): Promise<number[]> {
    const all = await this.group.gather(this.rank === root ? [...numbers] : []);
    if (root < 0 || root >= all.length)
      throw new LatheError('usage', `There is no rank ${root} among ${all.length} members.`);
    return all[root];
  }

  /** Elementwise over all members, in float64 and in the order of ranks: the same bits everywhere. */
  async allReduce(numbers: readonly number[], reduction: Reduction = 'sum'): Promise<number[]> {
    const all = await this.group.gather([...numbers]);
    if (all.some(({ length }) => length !== numbers.length)) {
      throw new LatheError('usage', `Members gave ${all.map(({ length }) => length).join(', ')} numbers to allReduce.`);
    }
    const combine = COMBINE[reduction];
    const result = all.reduce((sum, values) => sum.map((value, index) => combine(value, values[index])));
    return reduction === 'mean' ? result.map((value) => value / all.length) : result;
  }

  /** Says goodbye: the others go on. */
  destroy(): Promise<void> {
    return this.group.leave('This peer left the process group.');
  }
}
