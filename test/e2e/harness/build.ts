/** Before the end-to-end tests: the page is built once. */
import { ensureBuilt } from '../../../bin/build';

export default async function setup(): Promise<void> {
  await ensureBuilt((line) => void process.stderr.write(`${line}\n`));
}
