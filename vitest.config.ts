import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { browserArguments, chooseAdapter, findBrowser } from './bin/browser';

/** Each of these starts several browsers that train at once: they have the machine to themselves. */
const SEVERAL_BROWSERS = ['test/e2e/peers*.test.ts', 'test/e2e/udp-relay.test.ts'];

const e2e = {
  environment: 'node' as const,
  globalSetup: 'test/e2e/harness/build.ts',
  testTimeout: 180_000,
  hookTimeout: 180_000,
};

export default defineConfig(async () => {
  const executablePath = await findBrowser((line) => void process.stderr.write(`${line}\n`));
  const { adapter } = await chooseAdapter(executablePath);
  return {
    test: {
      projects: [
        // What they test keeps nothing in globals: a process for each file would spend half of the time loading modules.
        { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], environment: 'node', isolate: false } },
        {
          plugins: [svelte({ configFile: false })],
          // Found only while a test loads, it would reload the page under it.
          optimizeDeps: {
            include: ['svelte-sonner', 'axe-core', '@tensorflow/tfjs-backend-webgpu/dist/webgpu_program'],
          },
          test: {
            name: 'browser',
            include: ['test/browser/**/*.test.ts'],
            globalSetup: 'test/browser/signal-server.ts',
            testTimeout: 120_000,
            browser: {
              enabled: true,
              headless: true,
              screenshotFailures: false,
              provider: playwright({
                launchOptions: { executablePath, args: browserArguments(adapter) },
              }),
              instances: [{ browser: 'chromium' as const }],
            },
          },
        },
        {
          test: {
            name: 'integration',
            include: ['test/integration/**/*.test.ts'],
            environment: 'node',
            globalSetup: 'test/integration/setup.ts',
            testTimeout: 180_000,
            // Servers are started before the tests, and each is a large program.
            hookTimeout: 180_000,
            // Much of the time goes by waiting for them: two files fit on two processors.
            maxWorkers: 2,
            sequence: { groupOrder: 1 },
          },
        },
        {
          test: {
            ...e2e,
            name: 'e2e',
            include: ['test/e2e/**/*.test.ts'],
            exclude: SEVERAL_BROWSERS,
            // A browser that is driven waits for most of its time.
            maxWorkers: 2,
            sequence: { groupOrder: 1 },
          },
        },
        {
          test: {
            ...e2e,
            name: 'e2e-peers',
            include: SEVERAL_BROWSERS,
            fileParallelism: false,
            sequence: { groupOrder: 2 },
          },
        },
      ],
    },
  };
});
