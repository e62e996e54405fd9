/** Engines in Node on Dawn, each in a process of its own. Needs no browser, only a Vulkan, Metal or D3D12 driver. */
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import type { Reply } from '../protocol';
import type { Host } from './host';

/** Chromium's software driver, for machines without a GPU; null where it is not there or the user has chosen a driver. */
function softwareDriver(): string | null {
  const manifest = '/usr/lib/chromium/vk_swiftshader_icd.json';
  const chosen = process.env.VK_ICD_FILENAMES ?? process.env.VK_DRIVER_FILES;
  const hardware = ['/dev/dri/renderD128', '/dev/nvidia0', '/dev/dxg'].some((path) => existsSync(path));
  return chosen === undefined && !hardware && existsSync(manifest) ? manifest : null;
}

/** Bundles the engines as a browser would get them, so that both hosts measure the same code. */
export async function nodeHost(): Promise<Host> {
  const folder = await mkdtemp(join(tmpdir(), 'lathe-bench-'));
  await build({
    configFile: false,
    root: join(import.meta.dirname, '..'),
    logLevel: 'error',
    resolve: { mainFields: ['module', 'browser', 'main'], conditions: ['browser', 'import', 'module', 'default'] },
    ssr: { noExternal: true, target: 'webworker' },
    build: {
      ssr: join(import.meta.dirname, 'node-process.ts'),
      outDir: folder,
      emptyOutDir: true,
      target: 'node20',
      chunkSizeWarningLimit: 8192,
      rolldownOptions: { output: { entryFileNames: 'engine.mjs' } },
    },
  });
  const driver = softwareDriver();
  const environment = driver === null ? process.env : { ...process.env, VK_ICD_FILENAMES: driver };
  const children = new Set<ChildProcess>();
  let adapter = '';
  return {
    async start() {
      const dawn = import.meta.resolve('webgpu');
      const child = fork(join(folder, 'engine.mjs'), [dawn], {
        env: environment,
        serialization: 'advanced',
        execArgv: [],
      });
      children.add(child);
      return {
        ask: (request) =>
          new Promise<Reply>((resolve) => {
            const ended = (code: number | null): void =>
              resolve({ type: 'failed', message: `Its process ended with ${code ?? 'a signal'}.` });
            child.once('exit', ended);
            child.once('message', (reply: Reply) => {
              child.off('exit', ended);
              if (reply.type === 'ready') adapter = reply.adapter;
              resolve(reply);
            });
            child.send(request);
          }),
        async stop() {
          child.kill();
          children.delete(child);
        },
      };
    },
    describe: async () => `Node ${process.versions.node} with Dawn on ${adapter || 'an adapter without a name'}`,
    async stop() {
      for (const child of children) child.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
