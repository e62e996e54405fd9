import { ensureBuilt } from '../build';
import { one, type Check } from './report';

/** The page can be built. */
export const buildCheck: Check = {
  name: 'build',
  description: 'the page',
  alone: true,
  async run() {
    try {
      await ensureBuilt();
      return one(true);
    } catch (error) {
      process.stderr.write(`${String(error)}\n`);
      return one(false);
    }
  },
};
