import path from 'node:path';

/** Where fetched CUDA libraries are kept; engines are started with it in MODEL_LENS_CUDA. */
export function cudaFolder(storage: string): string {
  return path.join(storage, 'cuda');
}
