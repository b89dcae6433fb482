/** ONNX Runtime, loaded when first needed, and the conversion of tensors to and from it. */
import type * as Ort from 'onnxruntime-node';
import { elementCount, type Tensor, type TensorData } from '../tensor/tensor';
import type { DType } from '../tensor/dtype';
import { LensError, oneLine } from '../protocol/rpc';

export type OrtModule = typeof Ort;

let loaded: Promise<OrtModule> | undefined;

/** The runtime. Loading takes some tens of milliseconds, so that opening a model does not wait for it. */
export function loadOrt(): Promise<OrtModule> {
  loaded ??= import('onnxruntime-node').then(
    (module: OrtModule & { default?: OrtModule }) => module.default ?? module,
    (error: unknown) => {
      loaded = undefined;
      throw new LensError('failed', `ONNX Runtime could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
        'on Linux it needs glibc 2.27 or newer, on Windows the Visual C++ runtime, on macOS an Apple processor');
    },
  );
  return loaded;
}

const elementTypes: ReadonlySet<DType> = new Set<DType>([
  'float32', 'float64', 'float16', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'bool', 'string',
]);

/** A tensor as the runtime takes it. Shares memory. @throws LensError for element types the binding does not carry. */
export function toOrt(ort: OrtModule, tensor: Tensor): Ort.Tensor {
  if (!elementTypes.has(tensor.dtype)) throw new LensError('unsupported', `ONNX Runtime's Node binding cannot carry ${tensor.dtype} tensors`);
  const { data } = tensor;
  if (ArrayBuffer.isView(data) && data.length !== elementCount(tensor.dims)) {
    throw new LensError('badInput', `a tensor of dims [${tensor.dims.join(', ')}] has ${elementCount(tensor.dims)} elements, but ${data.length} values were given`);
  }
  return new ort.Tensor(tensor.dtype as Ort.Tensor.Type, data as Ort.Tensor.DataType, tensor.dims);
}

/**
 * The runtime's tensor as ours. Shares memory. Results come to the CPU with every run: the binding can leave them on a
 * WebGPU device (`preferredOutputLocation: 'gpu-buffer'`), but has no way to put inputs there, and reading such a tensor
 * back ends the process (1.30.0), so there is nothing to be saved.
 */
export function fromOrt(tensor: Ort.Tensor): Tensor {
  let data = tensor.data as TensorData | ArrayBufferView;
  // Newer Node versions have a Float16Array; here half floats are their bits.
  if (tensor.type === 'float16' && ArrayBuffer.isView(data) && !(data instanceof Uint16Array)) {
    data = new Uint16Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / 2);
  }
  return { dtype: tensor.type as DType, dims: [...tensor.dims], data: data as TensorData };
}

/** ONNX Runtime's error text without its source locations, C++ signatures and error codes. */
export function ortMessage(error: unknown): string {
  const line = oneLine(error instanceof Error ? error.message : String(error), 4000)
    .replace(/\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : /g, '')
    // '/onnxruntime_src/…/file.cc:136 void onnxruntime::Type::Method(…)::<lambda()> was false. Words' keeps the words.
    .replace(/\/\S*onnxruntime\S*\.(?:cc|h|cpp):\d+ /g, '\u0001')
    .replace(/\u0001[^\u0001]*? was false\. ?/g, '')
    .replace(/\u0001[^\u0001]*?\)(?: const)?(?: \[with [^\]]*\])?(?=[ :A-Z])/g, '')
    .replace(/\u0001/g, '')
    .replace(/^Error: /, '');
  return oneLine(line, 400);
}
