import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { browserArguments, chooseAdapter, findBrowser } from './bin/browser';

export default defineConfig(async () => {
  const executablePath = await findBrowser((line) => void process.stderr.write(`${line}\n`));
  const { adapter } = await chooseAdapter(executablePath);
  return {
    test: {
      projects: [
        { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], environment: 'node' } },
        {
          plugins: [svelte({ configFile: false })],
          // Found only while a test loads, it would reload the page under it.
          optimizeDeps: { include: ['svelte-sonner', '@tensorflow/tfjs-backend-webgpu/dist/webgpu_program'] },
          test: {
            name: 'browser',
            include: ['test/browser/**/*.test.ts'],
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
          },
        },
        {
          test: {
            name: 'e2e',
            include: ['test/e2e/**/*.test.ts'],
            environment: 'node',
            globalSetup: 'test/e2e/harness/build.ts',
            testTimeout: 180_000,
            hookTimeout: 180_000,
            // Each file starts browsers: two cores train one model at a time.
            fileParallelism: false,
          },
        },
      ],
    },
  };
});
