/**
 * The device that computes: WebGPU, else WebGL, else the CPU, and one sentence on why this one. A started backend is
 * tfjs's current one until it is disposed; a worker starts one.
 */
import { LatheError } from '../base/errors';
import type { BackendInfo } from '../store/schema';
import { registerGradients } from './gradients/register';
import { registerKernels } from './kernels/register';
import { tf } from './tf';
import { LatheBackend } from './webgpu-backend';
import { requestAdapterDevice } from './webgpu-device';

/** A started backend. */
export interface Backend {
  info: BackendInfo;
  /** Set where WebGPU computes: kernels of our own run on its device. */
  webgpu: LatheBackend | null;
  /** Resolves, with the reason, when the device is gone; never on `dispose`. */
  lost: Promise<string>;
  /** Resolves on the first GPU error that nothing caught, memory that was refused included: what was computed since is void. */
  failed: Promise<LatheError>;
  /** Bytes of device memory in use now, and the most there were so far. */
  memory(): { bytes: number; peak: number };
  dispose(): void;
}

type Name = BackendInfo['backend'];
type Started = Omit<Backend, 'info'> & { adapter: string; software: boolean };

const TITLES: Record<Name, string> = { webgpu: 'WebGPU', webgl: 'WebGL', cpu: 'the CPU' };
const STARTERS: Record<Name, () => Promise<Started>> = { webgpu: startWebGPU, webgl: startWebGL, cpu: startCPU };

/** A promise for what never happens on a backend. */
const never = new Promise<never>(() => undefined);

/**
 * Starts the first backend of `order` that works here, and makes it tfjs's current one.
 * @throws LatheError of kind `backend` when none does, naming the reason for each.
 */
export async function startBackend(order: Name[]): Promise<Backend> {
  registerGradients();
  const refusals: string[] = [];
  for (const name of order) {
    try {
      const { adapter, software, ...started } = await STARTERS[name]();
      return { ...started, info: { backend: name, adapter, software, reason: explain(name, software, refusals) } };
    } catch (error) {
      refusals.push(`${TITLES[name]} cannot be used: ${LatheError.from(error, 'backend').message}`);
    }
  }
  throw new LatheError(
    'backend',
    `No device can train here. ${refusals.map((refusal) => `${refusal}.`).join(' ')} Use a current Chrome, Edge, Firefox or Safari.`,
  );
}

function explain(name: Name, software: boolean, refusals: string[]): string {
  const because = refusals.length > 0 ? `, because ${refusals.join('; ')}` : '';
  if (name === 'webgpu' && software) {
    return `WebGPU on a software adapter: the browser found no GPU that it may use${because}.`;
  }
  if (name === 'webgpu') return `WebGPU is the fastest backend there is${because}.`;
  return `${name === 'cpu' ? 'The CPU' : 'WebGL'} computes${because || ', as was asked'}.`;
}

async function startWebGPU(): Promise<Started> {
  const { device, adapterInfo, name, software } = await requestAdapterDevice();
  // A resumed run must run the kernels that the first sitting ran: no small op may slip to the CPU.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  const backend = new LatheBackend(device, adapterInfo, software);
  await makeCurrent('webgpu', backend);
  registerKernels({ software });
  let disposed = false;
  return {
    adapter: name,
    software,
    webgpu: backend,
    lost: new Promise((resolve) => {
      void device.lost.then(({ reason, message }) => {
        if (!disposed) resolve(message || `the browser gave the reason “${reason}”`);
      });
    }),
    failed: new Promise((resolve) => {
      void backend.memoryRefused.then(resolve);
      device.addEventListener('uncapturederror', (event) => {
        event.preventDefault();
        resolve(new LatheError('backend', `The GPU reported an error: ${event.error.message}`));
      });
    }),
    memory() {
      const { total, pooled, peak } = backend.memoryReport();
      return { bytes: total - pooled, peak };
    },
    dispose() {
      disposed = true;
      tf.removeBackend('webgpu');
      device.destroy();
    },
  };
}

/** Factory of tfjs's own WebGL backend, kept so that the backend can be started again after it was removed. */
const webglFactory = tf.findBackendFactory('webgl');
const cpuFactory = tf.findBackendFactory('cpu');

async function startWebGL(): Promise<Started> {
  const canvas = typeof OffscreenCanvas === 'undefined' ? null : new OffscreenCanvas(1, 1);
  const gl = canvas?.getContext('webgl2') ?? null;
  if (!gl) throw new LatheError('backend', 'this browser gives no WebGL 2 context to a worker');
  const renderer: unknown = gl.getParameter(
    gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER,
  );
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  if (!tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) {
    throw new LatheError('backend', 'its textures hold no 32-bit floating point numbers');
  }
  const backend: unknown = await webglFactory();
  if (!(backend instanceof tf.KernelBackend)) throw new LatheError('backend', 'tfjs made no WebGL backend');
  // tfjs may run small ops on the CPU; a resumed run must run the same kernels as the first sitting.
  tf.env().set('WEBGL_CPU_FORWARD', false);
  await makeCurrent('webgl', backend);
  const name = String(renderer);
  return {
    adapter: name,
    software: SOFTWARE_GL.test(name),
    webgpu: null,
    lost: 'canvas' in backend && backend.canvas instanceof EventTarget ? contextLoss(backend.canvas) : never,
    failed: never,
    memory: tensorMemory(),
    dispose: () => tf.removeBackend('webgl'),
  };
}

const SOFTWARE_GL = /swiftshader|llvmpipe|softpipe|basic render|software/i;

function contextLoss(canvas: EventTarget): Promise<string> {
  return new Promise((resolve) => {
    canvas.addEventListener('webglcontextlost', () => resolve('the WebGL context was lost'));
  });
}

async function startCPU(): Promise<Started> {
  const backend: unknown = await cpuFactory();
  if (!(backend instanceof tf.KernelBackend)) throw new LatheError('backend', 'tfjs made no CPU backend');
  await makeCurrent('cpu', backend);
  return {
    adapter: 'cpu',
    software: true,
    webgpu: null,
    lost: never,
    failed: never,
    memory: tensorMemory(),
    dispose: () => tf.removeBackend('cpu'),
  };
}

/** Memory as tfjs counts it; its peak is that of the moments at which it was asked for. */
function tensorMemory(): Backend['memory'] {
  let peak = 0;
  return () => {
    const { numBytes: bytes } = tf.memory();
    peak = Math.max(peak, bytes);
    return { bytes, peak };
  };
}

async function makeCurrent(name: Name, backend: InstanceType<typeof tf.KernelBackend>): Promise<void> {
  if (tf.findBackendFactory(name) !== null) tf.removeBackend(name);
  tf.registerBackend(name, () => backend);
  if (!(await tf.setBackend(name))) throw new LatheError('backend', `tfjs could not start ${TITLES[name]}`);
}
