/**
 * What a page's main thread takes the processor for at a time. The duration of a task also counts the time in which it waits
 * for a processor that others use, which a machine without a GPU has few of.
 */
import type { Browser } from 'playwright-core';
import * as v from 'valibot';

/** https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU (Trace Event Format) */
const traceSchema = v.object({
  traceEvents: v.array(
    v.object({
      name: v.string(),
      ph: v.string(),
      pid: v.number(),
      tid: v.number(),
      /** Microseconds of processor time; events without a duration have none. */
      tdur: v.optional(v.number(), 0),
      args: v.optional(v.looseObject({}), {}),
    }),
  ),
});

/** Milliseconds of processor time of the longest task of the busiest page while `work` goes on. */
export async function busiestTask(browser: Browser, work: () => Promise<unknown>): Promise<number> {
  await browser.startTracing(undefined, { categories: ['toplevel', '__metadata'] });
  await work();
  const { traceEvents } = v.parse(traceSchema, JSON.parse((await browser.stopTracing()).toString()));
  const threads = new Map<string, { total: number; longest: number }>();
  const threadOf = ({ pid, tid }: { pid: number; tid: number }): string => `${pid} ${tid}`;
  for (const event of traceEvents) {
    if (event.name === 'thread_name' && event.args.name === 'CrRendererMain') {
      threads.set(threadOf(event), { total: 0, longest: 0 });
    }
  }
  for (const event of traceEvents) {
    const thread = threads.get(threadOf(event));
    if (!thread || !event.name.endsWith('RunTask')) continue;
    thread.total += event.tdur;
    thread.longest = Math.max(thread.longest, event.tdur);
  }
  const [busiest] = [...threads.values()].sort((a, b) => b.total - a.total);
  return (busiest?.longest ?? NaN) / 1000;
}
