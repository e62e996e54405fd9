/** The memory of compression at one peer, from change to change. */
import type { VectorShape } from '../reduce/layout';
import { fingerprint } from './fingerprint';
import type { GroupParts, Session } from './parts';
import type { View } from './view';

/** Compressions that are remembered: a group changes it twice at most. */
const MOST_SESSIONS = 3;

/** The newest sessions, by the view that each came with: who learns may still read what an earlier one wrote. */
export class Sessions {
  private kept: { epoch: number; session: Session }[] = [];

  constructor(private readonly create: GroupParts['createSession']) {}

  /** That of the newest view. */
  get current(): Session | null {
    return this.kept.at(-1)?.session ?? null;
  }

  /** That of the view with this number, which may be an earlier one. */
  of(epoch: number): Session | null {
    return this.kept.findLast((one) => one.epoch <= epoch)?.session ?? null;
  }

  /** A view was installed: another compression begins with empty memory. */
  install({ epoch, codec }: View, shape: VectorShape): void {
    if (this.current && fingerprint(this.current.config) === fingerprint(codec)) return;
    this.kept = [...this.kept.slice(1 - MOST_SESSIONS), { epoch, session: this.create(codec, shape) }];
  }

  clear(): void {
    this.kept = [];
  }
}
