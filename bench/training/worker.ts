/** The worker of one engine in a browser. */
import { serve } from './serve';
import type { Request } from './protocol';

const answer = serve();
addEventListener('message', ({ data }: MessageEvent<Request>) => {
  void answer(data).then((reply) => postMessage(reply));
});
