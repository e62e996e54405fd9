/** Which two parameters and which objective a chart shows. */
import type { Axis, TrialTable } from './table';

/** The choice of two parameters and an objective; what no longer exists gives way to what does. */
export class Pair {
  readonly #table: () => TrialTable;
  readonly #important: () => readonly string[];
  #x = $state<string | null>(null);
  #y = $state<string | null>(null);
  #objective = $state(0);

  /** @param important Keys of parameters, the most important first; they are shown as long as nothing was chosen. */
  constructor(table: () => TrialTable, important: () => readonly string[] = () => []) {
    this.#table = table;
    this.#important = important;
  }

  get table(): TrialTable {
    return this.#table();
  }

  get objective(): Axis {
    const { objectives } = this.table;
    return objectives[this.#objective] ?? objectives[0];
  }

  /** Undefined where there is no parameter. */
  get x(): Axis | undefined {
    return this.#find(this.#x) ?? this.#suggested.find((axis) => axis !== this.#find(this.#y));
  }

  /** Undefined where there is no second parameter. */
  get y(): Axis | undefined {
    const { x } = this;
    const chosen = this.#find(this.#y);
    return chosen && chosen !== x ? chosen : this.#suggested.find((axis) => axis !== x);
  }

  /** Shows a parameter on one axis; where the other axis has it, they change places. */
  choose(side: 'x' | 'y', id: string): void {
    const [x, y] = [this.x?.id ?? null, this.y?.id ?? null];
    if (side === 'x') {
      this.#x = id;
      this.#y = id === y ? x : y;
    } else {
      this.#y = id;
      this.#x = id === x ? y : x;
    }
  }

  /** @param index Of the objective. */
  chooseObjective(index: number): void {
    this.#objective = index;
  }

  #find(id: string | null): Axis | undefined {
    return this.table.parameters.find((axis) => axis.id === id);
  }

  get #suggested(): Axis[] {
    const { parameters } = this.table;
    const first = this.#important().flatMap((key) => parameters.find((axis) => axis.key === key) ?? []);
    return [...first, ...parameters.filter((axis) => !first.includes(axis))];
  }
}
