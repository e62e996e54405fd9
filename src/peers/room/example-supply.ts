/** The examples that others send, at the disposal of the own trainer: `ExampleSupply` at the other end of a port. */
import { expose, transfer } from '../../base/rpc';
import type { ExampleSupply } from '../../data/streaming/streamed-data';
import type { ExampleRequests } from './example-requests';

/** Offers what `requests` gets at the other end of `port`. */
export function supplyExamples(requests: ExampleRequests, port: MessagePort): void {
  const supply: ExampleSupply = {
    preparation: () => requests.preparation(),
    async examples(ticket, indices, each, urgent) {
      const bytes = await requests.examples(ticket, indices, each, urgent);
      return transfer(bytes, [bytes.buffer]);
    },
    drop: (ticket) => requests.drop(ticket),
    hurry: () => requests.hurry(),
  };
  expose(supply, port);
}
