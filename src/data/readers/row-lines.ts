/** Which line of a file each row of its table stands on. Kept as the few places where the two stop running in step. */
export class RowLines {
  private readonly rows: number[] = [];
  private readonly offsets: number[] = [];

  /** Row `row` (from 0, ascending) stands on line `line` (from 1). */
  add(row: number, line: number): void {
    const offset = line - row;
    if (this.offsets.at(-1) === offset) return;
    this.rows.push(row);
    this.offsets.push(offset);
  }

  /** The line of row `row`. */
  line(row: number): number {
    let low = 0;
    let high = this.rows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.rows[middle] <= row) low = middle;
      else high = middle - 1;
    }
    return row + (this.offsets[low] ?? 1);
  }
}
