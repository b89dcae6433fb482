/**
 * ONNX Runtime's CUDA libraries, which its package does not contain. It loads them from the folder its own library was
 * loaded from; where they lie in a folder of their own (MODEL_LENS_CUDA), that folder gets a link to ONNX Runtime's
 * library, and a process that is to use CUDA is started with it first among the places libraries are looked for.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** What ONNX Runtime needs besides the CUDA runtime and cuDNN of the system. */
export const cudaProviderFiles: readonly string[] = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];
const runtimeFile = 'libonnxruntime.so.1';

/** Whether ONNX Runtime for Node has CUDA here at all. */
export function cudaPossible(platform: NodeJS.Platform = process.platform, arch: string = process.arch): boolean {
  return platform === 'linux' && arch === 'x64';
}

/** The folder of ONNX Runtime's own library, as a program at `entry` loads it; undefined where there is none. */
export function runtimeFolder(entry: string): string | undefined {
  try {
    const package_ = path.dirname(path.dirname(createRequire(entry).resolve('onnxruntime-node')));
    const folder = path.join(package_, 'bin', 'napi-v6', process.platform, process.arch);
    return fs.existsSync(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The folder that holds the CUDA libraries, or why CUDA cannot be used: beside ONNX Runtime's own library, else in
 * `MODEL_LENS_CUDA`.
 */
export function findCudaLibraries(entry: string, env: NodeJS.ProcessEnv = process.env): { readonly folder: string } | { readonly missing: string } {
  const chosen = env.MODEL_LENS_CUDA, own = runtimeFolder(entry);
  const absent = (folder: string): string[] => cudaProviderFiles.filter((file) => !fs.existsSync(path.join(folder, file)));
  if (own !== undefined && absent(own).length === 0) return { folder: own };
  if (!chosen || !fs.existsSync(chosen)) return { missing: "ONNX Runtime's CUDA libraries are not installed (VS Code: 'Model Lens: Enable CUDA')" };
  const lacking = absent(chosen);
  if (lacking.length) return { missing: `MODEL_LENS_CUDA is '${chosen}', where there is no ${lacking.join(' and no ')}` };
  const paths = (env.LD_LIBRARY_PATH ?? '').split(':').map((folder) => folder && path.resolve(folder));
  if (!paths.includes(path.resolve(chosen))) return { missing: `this process was started before MODEL_LENS_CUDA was '${chosen}'` };
  if (!fs.existsSync(path.join(chosen, runtimeFile))) return { missing: `'${chosen}' cannot be written to, so that it could be linked to ONNX Runtime` };
  return { folder: chosen };
}

/**
 * `env` for a process at `entry` that is to find the CUDA libraries in MODEL_LENS_CUDA. Links that folder to ONNX
 * Runtime's library, anew where it was linked to another. Unchanged where that variable is not set.
 */
export function withCudaLibraries(entry: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const folder = env.MODEL_LENS_CUDA, own = folder && cudaPossible() ? runtimeFolder(entry) : undefined;
  if (!folder || own === undefined || !fs.existsSync(path.join(folder, cudaProviderFiles[1]!))) return env;
  const target = path.join(own, runtimeFile), link = path.join(folder, runtimeFile);
  try {
    const found = fs.lstatSync(link, { throwIfNoEntry: false });
    // A library somebody put there is not ours to replace.
    if (found?.isSymbolicLink() && fs.readlinkSync(link) !== target) fs.rmSync(link);
    if (!found?.isSymbolicLink() && found) return env;
    if (!fs.existsSync(link)) fs.symlinkSync(target, link);
  } catch {
    return env;
  }
  const paths = (env.LD_LIBRARY_PATH ?? '').split(':').filter((item) => item !== '' && path.resolve(item) !== path.resolve(folder));
  return { ...env, LD_LIBRARY_PATH: [path.resolve(folder), ...paths].join(':') };
}
