/** The built page, served as `npm start` serves it. */
import { serveStatic } from '../../../server/static';
import { DIST } from '../../../bin/build';

/** A served page. */
export interface Site {
  url: string;
  /** Stops serving: the network is cut. */
  close(): Promise<void>;
}

/** Serves the built page (or another folder) on a free port, or on `port`. */
export async function serveSite(root = DIST, port = 0): Promise<Site & { port: number }> {
  const server = await serveStatic(root, port);
  return { url: `http://localhost:${server.port}/`, port: server.port, close: () => server.close() };
}
