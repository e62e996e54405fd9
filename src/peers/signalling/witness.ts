/**
 * The witness of a room: decides which half of a group that fell into two equal halves goes on. It is the register of the
 * signalling server (`server/witness-register.ts`); the first half that asks is granted it.
 */
import type { SignalClient } from './signal-client';

/** Views whose register is remembered: a claim is made from the newest ones only. */
const MOST_VIEWS = 64;

/** Which half goes on. */
export interface Witness {
  /** To be called when the view with this epoch is installed: a claim from it counts in today's register only. */
  installed(base: number): void;
  /** Whether `members` may go on alone from the view with epoch `base`. Asking again with the same members is harmless. */
  claim(base: number, members: readonly number[]): Promise<boolean>;
}

/**
 * The witness at a signalling server. A server that forgot its register (it was started anew) grants nothing from a view
 * that is older than that: it cannot know whether the other half was granted it.
 * @param group id of the group, which tells the epochs of one training in this room from those of the next
 */
export function serverWitness(client: Pick<SignalClient, 'claim' | 'register'>, group: string): Witness {
  const registers = new Map<number, string | null>();
  return {
    installed(base) {
      registers.set(base, client.register);
      for (const old of registers.keys()) if (registers.size > MOST_VIEWS) registers.delete(old);
    },
    claim(base, members) {
      const register = registers.has(base) ? (registers.get(base) ?? null) : client.register;
      if (register === null) return Promise.resolve(false);
      return client.claim({ register, group, base, members: [...members] });
    },
  };
}
