/**
 * Lathe's WebGPU backend: tfjs's, with another way to the device. Every dispatch, of tfjs's programs and of our kernels,
 * passes through `#dispatch`, which queues it and, while a step is recorded, keeps it for replay. Memory comes from pools
 * that are accounted by purpose and trimmed; a tensor may be a view of a larger buffer, and may be stored in halves.
 *
 * tfjs's own command encoder is left to what is rare (reading synchronously, pixels): what is queued here is submitted
 * before it is used.
 */
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { compileProgram, makeShaderKey, type WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu/dist/webgpu_program';
import { LatheError } from '../base/errors';
import { BufferPool, MemoryAccount, READBACK, UNIFORM, type MemoryReport, type Purpose } from './buffer-pool';
import { Capture, type Dispatch } from './capture';
import { CommandQueue } from './command-queue';
import type { OutOfMemory } from './device-memory';
import { storageBytes, type Kernel, type Storage, type Target } from './kernel';
import { convert } from './kernels/convert';
import { packUniforms, type UniformField } from './program-uniforms';
import { tf } from './tf';
import { ProductChoices } from './tuning/product-choices';

/** A part of a buffer, in bytes. Offsets are multiples of 256. */
export interface BufferRange {
  buffer: GPUBuffer;
  offset: number;
  size: number;
}

/** What a kernel may be bound to. */
export type Bindable = tf.TensorInfo | BufferRange;

/** Dispatches that are queued before they are submitted: few enough that the device starts early. */
const BATCH = 32;

/** The backend. Started by `startBackend`. */
export class LatheBackend extends WebGPUBackend {
  /** What decides between variants of kernels. */
  readonly target: Target;
  /** Makes the kernels of matrix products. */
  readonly products: ProductChoices;
  /** How results of layers are stored from now on. */
  activationStorage: Storage = 'float32';
  readonly #account = new MemoryAccount();
  readonly #pool: BufferPool;
  readonly #uniforms: BufferPool;
  readonly #readbacks: BufferPool;
  readonly #pipelines = new Map<string, { pipeline: GPUComputePipeline; layout: GPUBindGroupLayout }>();
  readonly #programs = new Map<string, GPUComputePipeline>();
  /** Tensors whose buffer belongs to somebody else. */
  readonly #views = new WeakMap<object, BufferRange>();
  readonly #storages = new WeakMap<object, Storage>();
  /** The pool that a buffer is from. */
  readonly #owners = new WeakMap<GPUBuffer, BufferPool>();
  readonly #commands: CommandQueue;
  #usedUniforms: GPUBuffer[] = [];
  #capture: Capture | null = null;
  readonly #scope: string[] = [];

  constructor(device: GPUDevice, adapterInfo: GPUAdapterInfo, software: boolean) {
    super(device, adapterInfo);
    this.#commands = new CommandQueue(device);
    const { subgroupMinSize: least, subgroupMaxSize: most } = adapterInfo;
    // GPUs may split a subgroup where its lanes take different ways; software adapters run it as one vector.
    const lockstep = software && device.features.has('subgroups') && least === most ? least : 1;
    this.target = { software, lockstep };
    this.products = new ProductChoices(this.target);
    this.#pool = new BufferPool(device, this.#account);
    this.#uniforms = new BufferPool(device, this.#account, UNIFORM);
    this.#readbacks = new BufferPool(device, this.#account, READBACK);
  }

  /** Whether the adapter computes on the processor. */
  get software(): boolean {
    return this.target.software;
  }

  // ---- Memory ----

  /** Bytes of device memory by purpose, of what is in use and of what waits for reuse. */
  memoryReport(): MemoryReport & { total: number; peak: number; buffers: number } {
    const { total, peak } = this.#account;
    const buffers = this.#pool.count + this.#uniforms.count + this.#readbacks.count;
    return { ...this.#account.report(), total, peak, buffers };
  }

  /** Resolves when the device refuses memory for the first time: what was computed since is void. */
  get memoryRefused(): Promise<OutOfMemory> {
    return this.#account.refused;
  }

  override memory(): ReturnType<WebGPUBackend['memory']> {
    const { total, pooled } = this.memoryReport();
    return { ...super.memory(), numBytesInGPU: total - pooled, numBytesAllocatedInGPU: total };
  }

  override numDataIds(): number {
    return this.tensorMap.numDataIds();
  }

  /** A buffer outside any tensor, with whatever content. Give it back with `free`. */
  buffer(bytes: number, purpose: Purpose): GPUBuffer {
    return this.#acquire(this.#pool, bytes, purpose);
  }

  /** Gives back what `buffer` made. */
  free(buffer: GPUBuffer): void {
    const owner = this.#owners.get(buffer);
    // A buffer of a recording that is gone went with it.
    if (owner?.owns(buffer)) owner.release(buffer);
  }

  #acquire(pool: BufferPool, bytes: number, purpose: Purpose): GPUBuffer {
    const buffer = pool.acquire(bytes, purpose);
    this.#owners.set(buffer, pool);
    return buffer;
  }

  // ---- Tensors ----

  /** A tensor with a buffer of its own and whatever content. */
  allocate(shape: number[], storage: Storage = 'float32', purpose: Purpose = 'activations'): tf.TensorInfo {
    const info = this.makeTensorInfo(shape, storage === 'int32' ? 'int32' : 'float32');
    if (storage === 'float16' || storage === 'packed') this.#storages.set(info.dataId, storage);
    const bytes = storageBytes(storage, tf.util.sizeFromShape(shape));
    this.tensorMap.get(info.dataId).resource = this.#acquire(this.#capture?.pool ?? this.#pool, bytes, purpose);
    return info;
  }

  /** A tensor over a part of a buffer that outlives it; it always reads what the buffer holds then. */
  view(range: BufferRange, shape: number[], dtype: 'float32' | 'int32' = 'float32'): tf.TensorInfo {
    const info = this.makeTensorInfo(shape, dtype);
    const data = this.tensorMap.get(info.dataId);
    data.resource = range.buffer;
    data.external = true;
    this.#views.set(info.dataId, range);
    return info;
  }

  /** The same data under another shape; dispose it like any other. */
  reshape(tensor: tf.TensorInfo, shape: number[]): tf.TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape, dtype: tensor.dtype };
  }

  /** How the numbers of a tensor are stored. */
  storageOf({ dataId, dtype }: tf.TensorInfo): Storage {
    return this.#storages.get(dataId) ?? (dtype === 'int32' || dtype === 'bool' ? 'int32' : 'float32');
  }

  /** Where a tensor lies. Values that JavaScript still holds are uploaded first. */
  rangeOf(tensor: tf.TensorInfo): BufferRange {
    this.uploadToGPU(tensor.dataId);
    const view = this.#views.get(tensor.dataId);
    if (view) return view;
    const { resource } = this.tensorMap.get(tensor.dataId);
    if (!(resource instanceof GPUBuffer)) throw new LatheError('internal', 'A tensor without a buffer was bound.');
    const bytes = storageBytes(this.storageOf(tensor), tf.util.sizeFromShape(tensor.shape));
    return { buffer: resource, offset: 0, size: Math.max(4, bytes) };
  }

  override uploadToGPU(dataId: object): void {
    const data = this.tensorMap.get(dataId);
    if (data.resource) return;
    const bytes = 4 * tf.util.sizeFromShape(data.shape);
    const recording = this.#capture;
    if (!data.values) {
      data.resource = this.#acquire(recording?.pool ?? this.#pool, bytes, 'activations');
      return;
    }
    const buffer = this.#acquire(recording?.constants ?? this.#pool, bytes, 'inputs');
    const numbers = numbersOf(data.values, data.dtype);
    if (numbers.length > 0) this.upload({ buffer, offset: 0, size: bytes }, numbers);
    // tfjs does not say in its types that values become null once they are on the device.
    Object.assign(data, { resource: buffer, values: null });
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.tensorMap.has(dataId)) return true;
    const data = this.tensorMap.get(dataId);
    data.refCount = force ? 0 : data.refCount - 1;
    if (data.refCount > 0) return false;
    if (data.complexTensorInfos) {
      this.disposeData(data.complexTensorInfos.real.dataId);
      this.disposeData(data.complexTensorInfos.imag.dataId);
    }
    const { resource } = data;
    if (resource instanceof GPUTexture) this.textureManager.releaseTexture(resource);
    // Constants of a recording are its own for as long as it lives.
    else if (resource instanceof GPUBuffer && !data.external && !constants.has(resource)) this.free(resource);
    this.tensorMap.delete(dataId);
    return true;
  }

  /** Writes numbers into a buffer, behind everything queued so far. */
  upload({ buffer, offset }: BufferRange, numbers: Float32Array | Int32Array | Uint32Array): void {
    this.flush();
    if (this.#capture?.constants.owns(buffer)) constants.add(buffer);
    this.queue.writeBuffer(buffer, offset, numbers.buffer, numbers.byteOffset, numbers.byteLength);
  }

  // ---- Reading ----

  /** Copies of parts of buffers as they are behind everything queued so far. */
  async readRanges(ranges: BufferRange[]): Promise<ArrayBuffer[]> {
    let end = 0;
    const placed = ranges.map((range) => {
      const start = end;
      end += Math.ceil(range.size / 4) * 4;
      return { range, start };
    });
    const staging = this.#readbacks.acquire(end, 'readback');
    for (const { range, start } of placed) {
      this.copy(range, { buffer: staging, offset: start, size: Math.ceil(range.size / 4) * 4 });
    }
    this.flush();
    try {
      await staging.mapAsync(GPUMapMode.READ, 0, end);
      const mapped = staging.getMappedRange(0, end);
      return placed.map(({ range, start }) => mapped.slice(start, start + range.size));
    } finally {
      staging.unmap();
      this.#readbacks.release(staging);
    }
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    const data = this.tensorMap.get(dataId);
    if (data.values) return data.values;
    const { shape, dtype } = data;
    const length = tf.util.sizeFromShape(shape);
    if (dtype === 'complex64' || !data.resource) return super.read(dataId);
    const wide = this.#widened({ dataId, shape, dtype });
    const [bytes] = await this.readRanges([{ ...this.rangeOf(wide), size: 4 * length }]).finally(() => {
      if (wide.dataId !== dataId) this.disposeData(wide.dataId);
    });
    if (dtype === 'bool') return Uint8Array.from(new Int32Array(bytes));
    return dtype === 'int32' ? new Int32Array(bytes) : new Float32Array(bytes);
  }

  override readSync(dataId: object): tf.BackendValues {
    const { values, dtype } = this.tensorMap.get(dataId);
    if (values || dtype === 'complex64') return super.readSync(dataId);
    // tfjs reads synchronously through a canvas, which takes some devices down, and no recorded step may wait.
    throw new LatheError('internal', 'A step that reads numbers back while it computes cannot run here: use data().');
  }

  override getBufferData(buffer: GPUBuffer): Promise<ArrayBuffer> {
    return this.readRanges([{ buffer, offset: 0, size: buffer.size }]).then(([bytes]) => bytes);
  }

  override submitQueue(): void {
    this.flush();
    super.submitQueue();
  }

  // ---- Dispatches ----

  /** Queues one dispatch of `kernel` over `bound`, in the order of its bindings. */
  run(kernel: Kernel, bound: Bindable[]): void {
    const ranges = bound.map((item) => ('dataId' in item ? this.rangeOf(item) : item));
    const { pipeline, layout } = this.#compile(
      kernel,
      ranges.map(({ size }) => size),
    );
    const entries = ranges.map((resource, binding) => ({ binding, resource }));
    const bindGroup = this.device.createBindGroup({ label: kernel.name, layout, entries });
    const writes = ranges.filter((_, binding) => kernel.bindings[binding].access !== 'read');
    this.#dispatch({ kernel, scope: this.#scope.join(' '), pipeline, bindGroup, writes });
  }

  /** Runs `f`; dispatches queued in it are named after `scope`, a layer for instance. */
  named<T>(scope: string, f: () => T): T {
    this.#scope.push(scope);
    try {
      return f();
    } finally {
      this.#scope.pop();
    }
  }

  /** The names that dispatches get now. */
  get scope(): string {
    return this.#scope.join(' ');
  }

  override runWebGPUProgram(
    program: WebGPUProgram,
    inputs: tf.TensorInfo[],
    outputDtype: tf.DataType,
    programDefinedUniform: UniformField[] = [],
    output: tf.TensorInfo = this.makeTensorInfo(program.outputShape, outputDtype),
  ): tf.TensorInfo {
    if (tf.util.sizeFromShape(output.shape) === 0) {
      this.tensorMap.get(output.dataId).values = new Float32Array(0);
      return output;
    }
    const wide = inputs.map((input) => this.#widened(input));
    const bindings = [output, ...wide].map((tensor) => this.#resourceOf(tensor));
    const described = wide.map(({ dataId, shape }, i) => ({
      dtype: this.tensorMap.get(dataId).dtype,
      shape,
      name: program.variableNames[i],
    }));
    const [name] = program.shaderKey.split(/[_;]/);
    program.shaderKey = makeShaderKey(program, described, output);
    let pipeline = this.#programs.get(program.shaderKey);
    if (!pipeline) {
      const compiled = compileProgram(this.device, program, described, output, false);
      if (compiled instanceof Promise) throw new LatheError('internal', 'tfjs compiled a program asynchronously.');
      this.#programs.set(program.shaderKey, (pipeline = compiled));
    }
    const uniforms = this.#programUniforms(program, inputs, output, programDefinedUniform);
    const bindGroup = this.device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [...bindings, uniforms].map((resource, binding) => ({ binding, resource })),
    });
    const kernel: Kernel = {
      name: `tfjs ${name}`,
      code: () => program.shaderKey,
      bindings: [],
      workgroups: withinLimits(program.dispatch),
      flops: 0,
      bytes: 4 * [output, ...inputs].reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape), 0),
    };
    const [target] = bindings;
    const writes = 'buffer' in target ? [{ offset: 0, size: target.buffer.size, ...target }] : [];
    this.#dispatch({ kernel, scope: this.scope, pipeline, bindGroup, writes });
    wide.forEach((tensor, i) => {
      if (tensor.dataId !== inputs[i].dataId) this.disposeData(tensor.dataId);
    });
    return output;
  }

  /** The tensor itself, or a float32 copy of one stored in halves, which tfjs does not know. */
  #widened(tensor: tf.TensorInfo): tf.TensorInfo {
    const storage = this.storageOf(tensor);
    if (storage !== 'float16' && storage !== 'packed') return tensor;
    const wide = this.allocate(tensor.shape);
    this.run(convert(tf.util.sizeFromShape(tensor.shape), storage, 'float32'), [tensor, wide]);
    return wide;
  }

  #resourceOf(tensor: tf.TensorInfo): GPUBindingResource {
    const { resource } = this.tensorMap.get(tensor.dataId);
    if (resource instanceof GPUTexture) return resource.createView();
    if (resource && !(resource instanceof GPUBuffer)) return resource;
    return this.rangeOf(tensor);
  }

  #programUniforms(
    program: WebGPUProgram,
    inputs: tf.TensorInfo[],
    output: tf.TensorInfo,
    defined: UniformField[],
  ): GPUBufferBinding {
    const ints = (data: number[]): UniformField => ({ type: 'int32', data });
    const shapes =
      program.pixelsOpType === undefined
        ? [
            { type: 'float32', data: [NaN] },
            { type: 'float32', data: [Infinity] },
            ...[...inputs, output].flatMap(({ shape }) => [ints(shape), ints(tf.util.computeStrides(shape))]),
          ]
        : [ints(tf.util.computeStrides(output.shape))];
    const size = tf.util.sizeFromShape(program.outputShape) / (program.outputComponent ?? 1);
    const bytes = packUniforms([...shapes, ...(program.size ? [ints([size])] : []), ...defined]);
    const recording = this.#capture;
    const buffer = (recording?.uniforms ?? this.#uniforms).acquire(bytes.byteLength, 'uniforms');
    // Not reused before the next submit: a write comes before everything that is still to be submitted.
    if (!recording) this.#usedUniforms.push(buffer);
    this.queue.writeBuffer(buffer, 0, bytes);
    return { buffer, size: bytes.byteLength };
  }

  #compile(kernel: Kernel, bytes: number[]): { pipeline: GPUComputePipeline; layout: GPUBindGroupLayout } {
    const code = kernel.code(bytes);
    const known = this.#pipelines.get(code);
    if (known) return known;
    const { device } = this;
    const label = kernel.name;
    const layout = device.createBindGroupLayout({
      label,
      entries: kernel.bindings.map(({ access }, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' },
      })),
    });
    const pipeline = device.createComputePipeline({
      label,
      layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ label, code }), entryPoint: 'main' },
    });
    const compiled = { pipeline, layout };
    this.#pipelines.set(code, compiled);
    return compiled;
  }

  /** Dispatches queued so far, replays included. */
  get dispatchCount(): number {
    return this.#commands.count;
  }

  /** Counts dispatches that were submitted past the queue, by what times them. */
  countDispatches(count: number): void {
    this.#commands.count += count;
  }

  #dispatch(dispatch: Dispatch): void {
    this.#commands.dispatch(dispatch);
    this.#capture?.segments.at(-1)?.push(dispatch);
    if (this.#commands.waiting >= BATCH) this.flush();
  }

  /** Queues the filling of a range with zeros. */
  clear(range: BufferRange): void {
    this.#commands.clear(range);
  }

  /** Queues a copy of `from` to the start of `to`. */
  copy(from: BufferRange, to: BufferRange): void {
    this.#commands.copy(from, to);
  }

  /** Submits what is queued. */
  flush(): void {
    if (!this.#commands.submit()) return;
    for (const buffer of this.#usedUniforms.splice(0)) this.#uniforms.release(buffer);
    this.#pool.trim();
    this.#uniforms.trim();
    this.#readbacks.trim();
  }

  // ---- Recording ----

  /**
   * Runs `f` and records its dispatches. Copies and uploads in it are not repeated by a replay: what it uploads is
   * constant. Tensors that it returns keep their buffers, which every replay fills anew, until the capture is disposed.
   * @throws LatheError of kind `internal` when `f` reads back while it computes; whatever `f` throws.
   */
  record<T>(f: () => T): { capture: Capture; value: T } {
    if (this.#capture) throw new LatheError('internal', 'A recording was started within a recording.');
    const capture = new Capture(this.device, this.#account);
    this.flush();
    this.#capture = capture;
    try {
      return { value: f(), capture };
    } catch (error) {
      this.flush();
      capture.dispose();
      throw error;
    } finally {
      this.#capture = null;
    }
  }

  /** While a step is recorded: ends a segment, so that the next dispatches can be replayed apart. */
  cut(): void {
    this.#capture?.segments.push([]);
  }

  /** Queues the dispatches of `capture`, or of one of its segments, again, in one compute pass. */
  replay(capture: Capture, segment?: number): void {
    const segments = segment === undefined ? capture.segments : [capture.segments[segment]];
    for (const dispatches of segments) {
      this.#commands.endPass();
      for (const dispatch of dispatches) {
        this.#commands.dispatch(dispatch);
        if (this.#commands.waiting >= capture.mostPerSubmit) this.flush();
      }
    }
  }

  override dispose(): void {
    this.#pool.dispose();
    this.#uniforms.dispose();
    this.#readbacks.dispose();
    super.dispose();
  }
}

/** Buffers with constants of a recording. */
const constants = new WeakSet<GPUBuffer>();

function numbersOf(values: tf.BackendValues, dtype: tf.DataType): Float32Array | Int32Array {
  if (dtype === 'string' || Array.isArray(values)) throw new LatheError('internal', 'Strings cannot go to the GPU.');
  if (dtype === 'int32' || dtype === 'bool') return values instanceof Int32Array ? values : Int32Array.from(values);
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

/** Most workgroups in one dimension. */
const MOST_WORKGROUPS = 65535;

/** Workgroups of a program of tfjs, which numbers its invocations over all dimensions. */
function withinLimits([x, y, z]: [number, number, number]): [number, number, number] {
  if (x <= MOST_WORKGROUPS) return [x, y, z];
  const side = Math.ceil(Math.sqrt(x));
  if (side <= MOST_WORKGROUPS) return [side, side, 1];
  const edge = Math.ceil(Math.cbrt(x));
  return [edge, edge, edge];
}
