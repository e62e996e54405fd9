/** PyTorch in a process of its own, where python3 has it: the same weights and batches, sent as lines of JSON. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Reply, Request } from '../protocol';
import { ADAM, batchOf, factorsOf, initialModel, WORKLOADS } from '../workloads';
import type { Host } from './host';

/** `PYTHON`, else python3. */
const program = (): string => process.env.PYTHON ?? 'python3';

const base64 = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** The host, or null with a line of why where torch is missing. */
export async function torchHost(say: (line: string) => void): Promise<Host | null> {
  const version = await firstLine([
    '-c',
    "import torch; print(torch.__version__, 'on', torch.cuda.get_device_name() if torch.cuda.is_available() else 'the CPU')",
  ]);
  if (version === null) {
    say(`PyTorch is left out: ${program()} is not there or cannot import torch. Set PYTHON to a Python that can.`);
    return null;
  }
  return {
    async start() {
      const child = spawn(program(), [join(import.meta.dirname, 'pytorch.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
      const lines: AsyncIterator<string, undefined> = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      return {
        async ask(request) {
          child.stdin.write(`${JSON.stringify(message(request))}\n`);
          const line = await lines.next();
          if (line.done === true) return { type: 'failed', message: 'Its process ended.' };
          // Our own program wrote it.
          return JSON.parse(line.value) as Reply;
        },
        async stop() {
          child.kill();
        },
      };
    },
    describe: async () => `PyTorch ${version}`,
    stop: async () => undefined,
  };
}

let current = '';

/** What the program is sent for a request: it knows no workloads, only layers and numbers. */
function message(request: Request): object {
  if (request.type === 'prepare') current = request.workload;
  const workload = WORKLOADS.find(({ name }) => name === current);
  if (!workload) throw new RangeError(`There is no workload ${current}.`);
  if (workload.kind === 'product') {
    if (request.type === 'step') return { type: 'step' };
    return { type: 'prepare product', side: workload.side, factors: factorsOf(workload).map(base64) };
  }
  if (request.type === 'step') {
    const { inputs, targets } = batchOf(workload, request.index);
    return { type: 'step', inputs: base64(inputs), targets: base64(targets) };
  }
  const { plan, weights } = initialModel(workload);
  return {
    type: 'prepare',
    adam: ADAM,
    shape: [workload.batch, ...workload.io.input_shape],
    tokens: workload.io.tokens !== undefined,
    layers: plan.map(({ name, settings, weights: own }) => ({
      settings,
      weights: Object.fromEntries(
        own.map((weight) => [
          weight.name,
          { shape: weight.shape, values: base64(weights.get(`${name}/${weight.name}`) ?? new Float32Array(0)) },
        ]),
      ),
    })),
  };
}

function firstLine(args: string[]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(program(), args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', (part: Buffer) => (text += part.toString()));
    child.on('error', () => resolve(null));
    child.on('close', (code) => resolve(code === 0 ? text.trim() : null));
  });
}
