/** Order statistics of measurements. */

/** The middle of a sample and its halves. */
export interface Quartiles {
  median: number;
  q25: number;
  q75: number;
}

/** Quartiles, interpolated linearly; NaN for an empty sample. */
export function quartiles(sample: number[]): Quartiles {
  const sorted = [...sample].sort((a, b) => a - b);
  const at = (share: number): number => {
    if (sorted.length === 0) return NaN;
    const place = share * (sorted.length - 1);
    const [low, high] = [Math.floor(place), Math.ceil(place)];
    return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
  };
  return { median: at(0.5), q25: at(0.25), q75: at(0.75) };
}
