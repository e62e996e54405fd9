/** Which half of a split group goes on, for the groups of one room: the first that asks. */

/** Most claims that are kept for a room: one is made only when a group splits into equal halves. */
const MOST_CLAIMS = 1024;

/** The claims of one room. What was granted stays granted to the same members, and to nobody else. */
export class WitnessRegister {
  readonly #granted = new Map<string, string>();

  /** Whether nothing was ever claimed. */
  get empty(): boolean {
    return this.#granted.size === 0;
  }

  /**
   * Whether `members` (numbers, in any order) go on alone from the view with epoch `base` of `group`. A full register grants
   * nothing more: forgetting an old claim could let both halves go on.
   */
  claim(group: string, base: number, members: readonly number[]): boolean {
    const key = JSON.stringify([group, base]);
    const set = [...new Set(members)].sort((a, b) => a - b).join();
    const first = this.#granted.get(key);
    if (first !== undefined) return first === set;
    if (this.#granted.size >= MOST_CLAIMS) return false;
    this.#granted.set(key, set);
    return true;
  }
}
