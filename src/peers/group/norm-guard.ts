/**
 * Guards an update against one member whose gradients are wrong: a broken device, or somebody who means harm. What one
 * member contributes is held against what the others do, and against recent updates; where it stands out by far, another
 * member computes the same items before anything is voted for.
 *
 * This is no proof against gradients that are wrong and of a usual size.
 */

/** A sum of items that one member contributed to an update. */
export interface Contribution {
  source: number;
  /** Items that are in the sum. */
  items: readonly number[];
  /** Norm of the sum; infinite where its numbers are not finite. */
  norm: number;
}

/** What is to become of an update. */
export type Verdict =
  | { verdict: 'fine' }
  /** Others must compute these items, to tell whether the data is to blame or the member. */
  | { verdict: 'suspect'; source: number }
  /** Others computed what this member should have, and it is much less, or finite. */
  | { verdict: 'guilty'; source: number; reason: 'norm' | 'not_finite' };

/**
 * Norms per item may be this many times the usual ones. Between shards of one dataset they seldom differ by more than ten,
 * and sums of few and of many items by the root of their number; a spike of an honest loss may reach this, and costs one
 * more computation.
 */
export const MOST_TIMES = 100;

/** The second computation agrees from this part of the first one's norm on: other devices round otherwise. */
const AGREES = 0.5;

/** Updates that count as recent. */
const RECENT = 32;

interface Suspicion {
  seq: number;
  source: number;
  items: ReadonlySet<number>;
  norm: number;
}

/** Norm per item of each member that contributed. */
function levelsOf(contributions: readonly Contribution[]): Map<number, { norm: number; items: number }> {
  const members = new Map<number, { norm: number; items: number }>();
  for (const { source, items, norm } of contributions) {
    const before = members.get(source) ?? { norm: 0, items: 0 };
    members.set(source, { norm: before.norm + norm, items: before.items + items.length });
  }
  return members;
}

/** The middle one, of two the lower: of two members that differ the larger one is asked about. */
function lowerMedian(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1] ?? 0;
}

/** What one peer remembers of norms. Every peer keeps it; the coordinator decides by it. */
export class NormGuard {
  private readonly recent: number[] = [];
  private suspicion: Suspicion | null = null;
  private cleared: { seq: number; items: ReadonlySet<number> } | null = null;

  /** Member that is to be dealt nothing of a transaction; null: all may be. */
  avoided(seq: number): number | null {
    return this.suspicion?.seq === seq ? this.suspicion.source : null;
  }

  /** Looks at all contributions to update `seq`. */
  look(seq: number, contributions: readonly Contribution[]): Verdict {
    const { suspicion } = this;
    if (suspicion?.seq === seq) {
      const again = contributions.filter(({ items }) => items.some((item) => suspicion.items.has(item)));
      // Nobody else could.
      if (again.some(({ source }) => source === suspicion.source)) return { verdict: 'fine' };
      this.suspicion = null;
      this.cleared = { seq, items: suspicion.items };
      const norm = again.reduce((sum, contribution) => sum + contribution.norm, 0);
      if (norm < AGREES * suspicion.norm) {
        const reason = Number.isFinite(suspicion.norm) ? 'norm' : 'not_finite';
        return { verdict: 'guilty', source: suspicion.source, reason };
      }
    }
    return this.worst(seq, contributions);
  }

  private worst(seq: number, contributions: readonly Contribution[]): Verdict {
    const members = levelsOf(contributions);
    const levels = [...members.values()].map(({ norm, items }) => norm / items);
    const usual = Math.max(members.size > 1 ? lowerMedian(levels) : 0, lowerMedian(this.recent));
    let worst: Suspicion | null = null;
    for (const [source, { norm, items: count }] of members) {
      // Nothing is known of norms where all are zero; but most of what is not finite is of one member.
      if ((usual === 0 && norm !== Infinity) || norm <= (worst?.norm ?? 0)) continue;
      if (usual === Infinity || norm / count <= MOST_TIMES * usual) continue;
      const items = contributions.filter((own) => own.source === source).flatMap((own) => [...own.items]);
      // What was computed twice is right.
      if (this.cleared?.seq === seq && items.some((item) => this.cleared?.items.has(item))) continue;
      worst = { seq, source, items: new Set(items), norm };
    }
    if (!worst) return { verdict: 'fine' };
    this.suspicion = worst;
    return { verdict: 'suspect', source: worst.source };
  }

  /** An update was committed. */
  committed(contributions: readonly Contribution[]): void {
    this.recent.push(lowerMedian([...levelsOf(contributions).values()].map(({ norm, items }) => norm / items)));
    if (this.recent.length > RECENT) this.recent.shift();
  }

  clear(): void {
    this.recent.length = 0;
    this.suspicion = null;
    this.cleared = null;
  }
}
