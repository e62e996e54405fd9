/** A signalling server for the tests that run in a browser, which cannot start one. */
import type { TestProject } from 'vitest/node';
import { serveSignal } from '../../server/signal-only';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Address of the signalling server. */
    signalUrl: string;
  }
}

export default async function (project: TestProject): Promise<() => Promise<void>> {
  const server = await serveSignal(0, '127.0.0.1');
  project.provide('signalUrl', `ws://127.0.0.1:${server.port}/signal`);
  return () => server.close();
}
