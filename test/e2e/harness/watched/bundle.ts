/** The watched peer worker as one script. */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** Builds it; resolves to its code. */
export async function bundleWatchedWorker(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      minify: false,
      target: 'es2023',
      rolldownOptions: {
        input: fileURLToPath(new URL('./watched.worker.ts', import.meta.url)),
        output: { codeSplitting: false },
      },
    },
  });
  const outputs = [built].flat().flatMap((one) => ('output' in one ? one.output : []));
  const chunks = outputs.flatMap((output) => (output.type === 'chunk' ? [output.code] : []));
  if (chunks.length !== 1) throw new Error(`The worker became ${chunks.length} scripts; one was expected.`);
  return chunks[0];
}
