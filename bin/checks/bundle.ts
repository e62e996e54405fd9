/** What the built page loads: little at first, and tfjs only in workers. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as v from 'valibot';
import { DIST } from '../build';
import type { Check } from './report';

/** The first load may weigh so many bytes of JavaScript, gzipped. */
const BUDGET = 200_000;

/** The page that a first visit shows; it is loaded with the entry. */
const FIRST_PAGE = 'src/ui/pages/home/Home.svelte';

/** A property that tfjs keeps its engine under: minifiers leave it as it is. */
const TFJS_MARK = '_tfengine';

const manifest = v.record(
  v.string(),
  v.object({
    file: v.string(),
    isEntry: v.optional(v.boolean(), false),
    imports: v.optional(v.array(v.string()), []),
    dynamicImports: v.optional(v.array(v.string()), []),
  }),
);

/** Two checks: the budget, and no tfjs in what the main thread may load. */
export const bundleCheck: Check = {
  name: 'bundle',
  description: 'size of the first load, and no tfjs outside of workers',
  alone: false,
  run(output) {
    const chunks = v.parse(manifest, JSON.parse(readFileSync(join(DIST, '.vite/manifest.json'), 'utf8')));
    const entries = Object.keys(chunks).filter((key) => chunks[key].isEntry);
    const results = [firstLoad(chunks, [...entries, FIRST_PAGE]), noTfjs(chunks, entries)];
    for (const { ok, line } of results) output.write(`  ${ok ? '✓' : '✗'} ${line}\n`);
    const failures = results.filter(({ ok }) => !ok).map(({ line }) => `✗ bundle > ${line}`);
    const passed = results.length - failures.length;
    return Promise.resolve({ passed, failed: failures.length, skipped: 0, failures });
  },
};

type Chunks = v.InferOutput<typeof manifest>;

interface Result {
  ok: boolean;
  line: string;
}

function firstLoad(chunks: Chunks, start: string[]): Result {
  const missing = start.filter((key) => !(key in chunks));
  if (missing.length > 0) return { ok: false, line: `${missing.join(', ')} is not in the build` };
  const files = reach(chunks, start, ({ imports }) => imports);
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length, 0);
  const size = `${(bytes / 1000).toFixed(1)} kB of JavaScript, gzipped, in ${files.length} files`;
  return { ok: bytes <= BUDGET, line: `the first load is ${size}; the budget is ${BUDGET / 1000} kB` };
}

function noTfjs(chunks: Chunks, start: string[]): Result {
  const marked = (file: string): boolean => readFileSync(join(DIST, file), 'utf8').includes(TFJS_MARK);
  const page = reach(chunks, start, ({ imports, dynamicImports }) => [...imports, ...dynamicImports]);
  const found = page.filter(marked);
  if (found.length > 0) return { ok: false, line: `tfjs is in ${found.join(', ')}, which the main thread loads` };
  // Without this the check would pass for good on the day that tfjs renames the mark.
  const elsewhere = readdirSync(join(DIST, 'assets')).some((name) => name.endsWith('.js') && marked(`assets/${name}`));
  return elsewhere
    ? { ok: true, line: `no tfjs in the ${page.length} files that the main thread may load` }
    : { ok: false, line: `no file of the build has ${TFJS_MARK}: this check looks for the wrong mark of tfjs` };
}

/** Files of the chunks that can be reached from `start`. */
function reach(chunks: Chunks, start: string[], next: (chunk: Chunks[string]) => string[]): string[] {
  const seen = new Set<string>();
  const queue = [...start];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (seen.has(key)) continue;
    seen.add(key);
    queue.push(...next(chunks[key]));
  }
  return [...new Set([...seen].map((key) => chunks[key].file))].filter((file) => file.endsWith('.js'));
}
