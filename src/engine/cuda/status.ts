/** What CUDA needs, part by part, and which of it this machine has. Nothing is loaded or run to find out. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import type { CudaPackage, CudaPart, CudaStatus } from '../../protocol/cuda';
import { cudaPossible, cudaProviderFiles, runtimeFolder } from '../../protocol/cudaLibraries';
import { oneLine } from '../../protocol/rpc';

/** What libonnxruntime_providers_cuda.so of ONNX Runtime 1.30 is linked to (its NEEDED entries, CUDA 12 and cuDNN 9). */
const driverLibraries = ['libcuda.so.1'], cudnnLibraries = ['libcudnn.so.9'];
const runtimeLibraries = ['libcudart.so.12', 'libcublas.so.12', 'libcublasLt.so.12', 'libcurand.so.10', 'libcufft.so.11'];

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where the system's files are: '/' but in tests. */
  readonly root: string;
}

const thisMachine: Machine = { platform: process.platform, arch: process.arch, env: process.env, root: '/' };

/**
 * @param entry the running program's file, by which ONNX Runtime is found.
 * @param folder where fetched libraries are kept.
 */
export async function cudaStatus(entry: string, folder: string | undefined, machine: Machine = thisMachine): Promise<CudaStatus> {
  const { platform, arch } = machine;
  if (!cudaPossible(platform, arch)) return { parts: [{ id: 'platform', present: false, detail: `ONNX Runtime for Node has CUDA on Linux x64 alone, this is ${platform} ${arch}` }] };
  const known = await knownLibraries(machine), provider = providerPart(entry, folder, machine.env), offered = cudaPackage(entry);
  return {
    parts: [
      { id: 'platform', present: true, detail: `${platform} ${arch}` }, cardPart(machine),
      libraryPart('driver', driverLibraries, known), libraryPart('runtime', runtimeLibraries, known), libraryPart('cudnn', cudnnLibraries, known), provider,
    ],
    ...(offered && { package: offered }),
  };
}

function cardPart({ root }: Machine): CudaPart {
  const version = firstLine(path.join(root, 'proc/driver/nvidia/version')), cards = list(path.join(root, 'proc/driver/nvidia/gpus'));
  const names = cards.flatMap((card) => /^Model:\s*(.+)$/m.exec(read(path.join(root, 'proc/driver/nvidia/gpus', card, 'information')))?.[1] ?? []);
  if (names.length || version !== undefined) return { id: 'card', present: true, detail: oneLine([names.join(', '), version?.replace(/^NVRM version:\s*/, '')].filter(Boolean).join('; '), 200) };
  // In a container or WSL the driver shows itself as devices alone.
  const device = ['dev/nvidia0', 'dev/dxg'].find((file) => fs.existsSync(path.join(root, file)));
  return device ? { id: 'card', present: true, detail: `/${device}` } : { id: 'card', present: false, detail: 'no NVIDIA card with its kernel driver was found' };
}

function libraryPart(id: CudaPart['id'], wanted: readonly string[], known: ReadonlyMap<string, string>): CudaPart {
  const lacking = wanted.filter((name) => !known.has(name));
  return lacking.length ? { id, present: false, detail: lacking.join(', ') } : { id, present: true, detail: path.dirname(known.get(wanted[0]!)!) };
}

function providerPart(entry: string, folder: string | undefined, env: NodeJS.ProcessEnv): CudaPart {
  const places = [runtimeFolder(entry), env.MODEL_LENS_CUDA, folder].filter((place) => place !== undefined && place !== '');
  const found = places.find((place) => cudaProviderFiles.every((file) => fs.existsSync(path.join(place!, file))));
  return found === undefined ? { id: 'provider', present: false, detail: cudaProviderFiles.join(', ') } : { id: 'provider', present: true, detail: found };
}

/** Libraries by name as the loader finds them: its cache, and the folders it is told to look in. */
async function knownLibraries({ env, root }: Machine): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  if (root === '/') {
    const { stdout } = await promisify(execFile)('/sbin/ldconfig', ['-p'], { maxBuffer: 16 << 20, timeout: 5000 }).catch(() => ({ stdout: '' }));
    for (const line of stdout.split('\n')) {
      const [, name, file] = /^\s*(\S+) \([^)]*x86-64[^)]*\) => (\S+)/.exec(line) ?? [];
      if (name && file && !known.has(name)) known.set(name, file);
    }
  }
  const folders = [...(env.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean), ...['usr/lib/x86_64-linux-gnu', 'usr/local/cuda/lib64', 'usr/lib/wsl/lib'].map((folder) => path.join(root, folder))];
  for (const folder of folders) {
    for (const name of [...driverLibraries, ...runtimeLibraries, ...cudnnLibraries]) {
      const file = path.join(folder, name);
      // The loader looks in its own folders alone: what lies elsewhere counts only where it is told to look.
      if (!known.has(name) && fs.existsSync(file) && (root !== '/' || (env.LD_LIBRARY_PATH ?? '').split(':').includes(folder) || folder.startsWith('/usr/lib/'))) known.set(name, file);
    }
  }
  return known;
}

interface InstallMetadata {
  readonly requirements: Readonly<Record<string, readonly string[] | undefined>>;
  readonly manifests: Readonly<Record<string, Readonly<Record<string, { readonly package: string }>> | undefined>>;
  readonly packages: Readonly<Record<string, { readonly name: string; readonly versions: readonly { readonly feed: string; readonly version: string }[] } | undefined>>;
  readonly feeds: Readonly<Record<string, { readonly type: string; readonly index: string } | undefined>>;
}

/** Where the pinned ONNX Runtime's own package says its CUDA libraries are published. */
export function cudaPackage(entry: string): CudaPackage | undefined {
  try {
    const metadata = createRequire(entry)('onnxruntime-node/script/install-metadata.js') as InstallMetadata;
    const manifest = Object.values(metadata.manifests[`linux/x64:${metadata.requirements['linux/x64']?.[0] ?? ''}`] ?? {})[0];
    const found = manifest && metadata.packages[manifest.package], version = found?.versions[0], feed = version && metadata.feeds[version.feed];
    return found && version && feed?.type === 'nuget' ? { feed: feed.index, name: found.name, version: version.version } : undefined;
  } catch {
    return undefined;
  }
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').slice(0, 10_000);
  } catch {
    return '';
  }
}

function firstLine(file: string): string | undefined {
  return read(file).split('\n')[0] || undefined;
}

function list(folder: string): string[] {
  try {
    return fs.readdirSync(folder).slice(0, 64);
  } catch {
    return [];
  }
}
