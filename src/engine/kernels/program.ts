/** Programs for tfjs's WebGPU backend: WGSL over tensors, run in its own queue. */
import { webgpu_util, type WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu/dist/webgpu_program';
import type { tf } from '../tf';

/** An operation over float32 tensors with one output, one invocation for each of `threads` indices. */
export interface KernelProgram {
  /** Names the WGSL: equal keys (and ranks of inputs) mean equal code. */
  key: string;
  outputShape: number[];
  /** Invocations. */
  threads: number;
  /** Names of the inputs, which are arrays of f32, or of vec4 where `components` says 4. */
  inputs: string[];
  components?: number[];
  /** Components of an element of `result`. */
  outputComponent?: 1 | 4;
  /** Numbers the code may read as `uniforms.name`, all i32. */
  uniforms: Record<string, number>;
  /** Functions in front of the main one. */
  head?: string;
  /** Body of the main function; `index` (i32) is the invocation, below `threads`. Writes `result[…]`. */
  body: string;
  workgroup?: number;
}

/** Queues `program` and returns its output. */
export function runProgram(backend: WebGPUBackend, program: KernelProgram, inputs: tf.TensorInfo[]): tf.TensorInfo {
  const workgroup = program.workgroup ?? 64;
  const uniforms = { threads: program.threads, ...program.uniforms };
  const made: WebGPUProgram = {
    shaderKey: `lathe_${program.key}`,
    outputShape: program.outputShape,
    variableNames: program.inputs,
    variableComponents: program.components ?? program.inputs.map(() => 1),
    outputComponent: program.outputComponent ?? 1,
    uniforms: Object.keys(uniforms)
      .map((name) => `${name} : i32,`)
      .join(' '),
    workgroupSize: [workgroup, 1, 1],
    dispatchLayout: webgpu_util.flatDispatchLayout(program.outputShape),
    dispatch: [Math.ceil(program.threads / workgroup), 1, 1],
    getUserCode: () => `
      ${program.head ?? ''}
      fn main(index : i32) {
        if (index >= uniforms.threads) { return; }
        ${program.body}
      }`,
  };
  return backend.runWebGPUProgram(
    made,
    inputs,
    'float32',
    Object.values(uniforms).map((value) => ({ type: 'int32', data: [value] })),
  );
}

/** The same data under another shape; the caller disposes it like any other. */
export function reshaped(backend: WebGPUBackend, tensor: tf.TensorInfo, shape: number[]): tf.TensorInfo {
  backend.incRef(tensor.dataId);
  return { dataId: tensor.dataId, shape, dtype: tensor.dtype };
}
