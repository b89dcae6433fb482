/** Requests about CUDA: what of it is here, and unpacking what the extension fetched when somebody asked for it. */

/** One thing CUDA needs, and whether this machine has it. */
export interface CudaPart {
  readonly id: 'platform' | 'card' | 'driver' | 'runtime' | 'cudnn' | 'provider';
  readonly present: boolean;
  /** What was found or looked for: a path, a version, names of libraries. */
  readonly detail: string;
}

/** Where ONNX Runtime's CUDA libraries are published, as its own package says. */
export interface CudaPackage {
  /** Address of the feed's index. */
  readonly feed: string;
  readonly name: string;
  readonly version: string;
}

export interface CudaStatus {
  /** In the order they build on each other. */
  readonly parts: readonly CudaPart[];
  /** Absent where ONNX Runtime has no CUDA for this kind of machine. */
  readonly package?: CudaPackage;
}

export interface InstallCudaParams {
  /** The archive as it was fetched, and what it must hash to. */
  readonly archive: string;
  readonly sha512: string;
  /** The folder that gets the libraries: it is made, and replaced as a whole. */
  readonly folder: string;
}

export interface CudaRequests {
  cudaStatus: { params: { /** Where the extension keeps fetched libraries. */ readonly folder?: string }; result: CudaStatus; progress: never };
  installCuda: { params: InstallCudaParams; result: CudaStatus; progress: { readonly done: number; readonly total: number } };
}
