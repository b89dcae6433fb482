/**
 * Which adapter a device computes on. Neither ONNX Runtime's Node binding nor Dawn inside it tells, so on Linux the
 * process that used the device is looked at: the Vulkan drivers it has loaded and the device files it holds open. A
 * driver that found hardware keeps its device file open; a software adapter has none.
 */
import fs from 'node:fs';

/** What a process that used a device holds. Empty lists where the system does not tell. */
export interface Evidence {
  /** File names of the Vulkan drivers it has loaded. */
  readonly drivers: readonly string[];
  /** Device files of GPUs it holds open, as '/dev/dri/renderD128'. */
  readonly files: readonly string[];
}

const driver = /(?:libvulkan_\w+|libvk_swiftshader|libGLX_nvidia|libEGL_nvidia|libnvidia-vulkan\S*|amdvlk64|libpvr\w*|libmali\w*|vulkan\.\w+)\.so/;
const gpuFile = /^\/dev\/(?:dri\/(?:renderD|card)\d+|nvidia\d+|dxg|kgsl-3d\d+|mali\d+|nvhost-gpu|kfd)$/;

/** Looks at this process. */
export function evidenceHere(): Evidence {
  if (process.platform !== 'linux') return { drivers: [], files: [] };
  const drivers = new Set<string>(), files = new Set<string>();
  try {
    for (const line of fs.readFileSync('/proc/self/maps', 'latin1').split('\n')) {
      const name = driver.exec(line.slice(line.lastIndexOf('/') + 1))?.[0];
      if (name !== undefined) drivers.add(name);
    }
    for (const entry of fs.readdirSync('/proc/self/fd')) {
      const target = linkTarget(`/proc/self/fd/${entry}`);
      if (target !== undefined && gpuFile.test(target)) files.add(target);
    }
  } catch {
    // A system that hides a process from itself tells nothing.
  }
  return { drivers: [...drivers].sort(), files: [...files].sort() };
}

function linkTarget(link: string): string | undefined {
  try {
    return fs.readlinkSync(link);
  } catch {
    // Closed meanwhile.
    return undefined;
  }
}

export function isEvidence(value: unknown): value is Evidence {
  const { drivers, files } = (value ?? {}) as Partial<Evidence>;
  const texts = (list: unknown): boolean => Array.isArray(list) && list.length <= 64 && list.every((item) => typeof item === 'string' && item.length <= 256);
  return texts(drivers) && texts(files);
}
