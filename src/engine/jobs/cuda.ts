/** CUDA on this machine: what is missing, and what the extension fetched put in its place. */
import type { CudaRequests, CudaStatus, InstallCudaParams } from '../../protocol/cuda';
import type { JobContext } from '../../protocol/rpc';
import { installCuda as install } from '../cuda/install';
import { cudaStatus as status } from '../cuda/status';

/** @param entry the running program's file. */
export function cudaStatus(entry: string, { folder }: CudaRequests['cudaStatus']['params']): Promise<CudaStatus> {
  return status(entry, folder);
}

export async function installCuda(entry: string, params: InstallCudaParams, { signal, progress }: JobContext<CudaRequests['installCuda']['progress']>): Promise<CudaStatus> {
  let told = -Infinity;
  await install(params, signal, (value) => {
    const now = performance.now();
    if (now - told < 100 && value.done < value.total) return;
    told = now;
    progress(value);
  });
  return status(entry, params.folder);
}
