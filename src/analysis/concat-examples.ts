/** Several sources of examples as one: the files of a drop are predicted and scored together. */
import type { PredictionData } from '../data/contract';

/** A source with the name of where it came from. */
export interface NamedSource {
  name: string;
  data: PredictionData;
}

/** The examples of all `sources` in a row. With several sources, an example's name begins with its source's. */
export function concatExamples(sources: NamedSource[]): PredictionData {
  const [only] = sources;
  if (sources.length === 1) return only.data;
  const starts = sources.map((_, i) => sources.slice(0, i).reduce((sum, { data }) => sum + data.examples, 0));
  const ownerOf = (index: number): number => starts.findLastIndex((start) => start <= index);
  return {
    examples: sources.reduce((sum, { data }) => sum + data.examples, 0),
    names: sources.flatMap(({ name, data }) => data.names.map((example) => `${name}: ${example}`)),
    labelled: sources.some(({ data }) => data.labelled),
    notices: sources.flatMap(({ name, data }) =>
      data.notices.map(({ level, message }) => ({ level, message: `${name}: ${message}` })),
    ),
    async batch(indices) {
      const wanted = Array.from(indices);
      // Runs of indices of the same source, so that each is asked once in a row.
      const runs: { source: number; indices: number[] }[] = [];
      for (const index of wanted) {
        const source = ownerOf(index);
        const local = index - starts[source];
        const last = runs.at(-1);
        if (last?.source === source) last.indices.push(local);
        else runs.push({ source, indices: [local] });
      }
      const batches = [];
      for (const run of runs) batches.push(await sources[run.source].data.batch(run.indices));
      const [first] = batches;
      return {
        n: wanted.length,
        inputs: join(
          batches.map(({ inputs }) => inputs),
          (length) => new Float32Array(length),
        ),
        targets:
          first.targets instanceof Int32Array
            ? join(
                batches.map(({ targets }) => targets),
                (length) => new Int32Array(length),
              )
            : join(
                batches.map(({ targets }) => targets),
                (length) => new Float32Array(length),
              ),
      };
    },
  };
}

function join<T extends Int32Array | Float32Array>(parts: ArrayLike<number>[], make: (length: number) => T): T {
  const out = make(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
