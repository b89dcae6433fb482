/** The graphics adapters of this machine as the system names them, without opening any. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { DeviceId } from '../../protocol/engine';
import { oneLine } from '../../protocol/rpc';
import type { Evidence } from './evidence';

export interface Adapter {
  readonly name: string;
  /** Its own memory. */
  readonly memoryBytes?: number;
  /** A program that computes on the CPU. */
  readonly software?: true;
}

/** What stands behind a device, as far as can be told. */
export const unknownAdapter: Adapter = { name: 'unknown adapter' };

const software = /llvmpipe|lavapipe|softpipe|swiftshader|swrast|microsoft basic render|\bwarp\b|software rasterizer/i;

/** Whether a name is that of a software adapter. */
export function isSoftware(name: string): boolean {
  return software.test(name);
}

/** Files whose presence says that there is a GPU some driver drives. A few stat calls. */
const hardwareFiles = ['/dev/nvidia0', '/dev/nvidiactl', '/dev/dxg', '/dev/kgsl-3d0', '/dev/mali0', '/dev/nvhost-gpu'];

/** Whether this machine may have a GPU at all: false costs no probe. Windows and macOS always may. */
export function mayHaveGpu(platform: NodeJS.Platform = process.platform, root = '/'): boolean {
  if (platform !== 'linux') return platform === 'win32' || platform === 'darwin';
  if (hardwareFiles.some((file) => fs.existsSync(path.join(root, file)))) return true;
  return list(path.join(root, 'dev/dri')).some((name) => /^(?:renderD|card)\d+$/.test(name));
}

/** The adapter that `device` computes on; `evidence` is what a process that used it held. */
export async function adapterOf(device: DeviceId, evidence: Evidence): Promise<Adapter> {
  if (process.platform === 'darwin') return { name: `${os.cpus()[0]?.model.trim() || 'Apple'} GPU`, memoryBytes: os.totalmem() };
  if (process.platform === 'win32') return (await windowsAdapters())[0] ?? unknownAdapter;
  if (device === 'cuda') return (await nvidiaAdapters())[0] ?? unknownAdapter;
  return linuxAdapter(evidence);
}

/** Mesa's and Google's names for what they are. */
const softwareDrivers: Readonly<Record<string, string>> = { 'libvulkan_lvp.so': 'llvmpipe (Mesa lavapipe, software)', 'libvk_swiftshader.so': 'SwiftShader (software)' };

/** @param root where the system's folders lie, in tests. */
export async function linuxAdapter({ drivers, files }: Evidence, root = '/'): Promise<Adapter> {
  if (files.length === 0) {
    const name = drivers.map((file) => softwareDrivers[file]).find((known) => known !== undefined);
    return name === undefined ? unknownAdapter : { name, software: true };
  }
  const found: Adapter[] = [];
  if (files.some((file) => /\/nvidia\d+$/.test(file))) found.push(...await nvidiaAdapters(root));
  for (const file of files) {
    const at = /\/dev\/dri\/(\w+)$/.exec(file)?.[1];
    const adapter = at === undefined ? undefined : pciAdapter(path.join(root, 'sys/class/drm', at, 'device'), root);
    // NVIDIA's driver tells more about its own.
    if (adapter && !(adapter.name.startsWith('NVIDIA') && found.length > 0)) found.push(adapter);
  }
  const names = [...new Set(found.map(({ name }) => name))];
  if (names.length === 0) return unknownAdapter;
  // Several are open where a driver looked at all of them: which of them computes is not told.
  const memories = found.map(({ memoryBytes }) => memoryBytes).filter((bytes) => bytes !== undefined);
  return { name: names.join(' or '), ...(memories.length > 0 && { memoryBytes: Math.min(...memories) }) };
}

const vendors: Readonly<Record<string, string>> = { '10de': 'NVIDIA', '1002': 'AMD', '8086': 'Intel', '1414': 'Microsoft', '15ad': 'VMware', '1af4': 'Virtio', '1ae0': 'Google', '13b5': 'ARM' };

function pciAdapter(folder: string, root: string): Adapter | undefined {
  const id = (name: string): string | undefined => read(path.join(folder, name))?.replace(/^0x/, '').toLowerCase();
  const vendor = id('vendor'), device = id('device');
  if (vendor === undefined || device === undefined) return undefined;
  const product = read(path.join(folder, 'product_name')) || pciName(vendor, device, root);
  const memory = Number(read(path.join(folder, 'mem_info_vram_total')));
  const maker = vendors[vendor] ?? `vendor ${vendor}`;
  const name = product === undefined ? `${maker} GPU ${vendor}:${device}` : product.toLowerCase().includes(maker.toLowerCase()) ? product : `${maker} ${product}`;
  return { name: oneLine(name, 100), ...(memory > 0 && { memoryBytes: memory }) };
}

/** The name in the system's list of PCI devices, where it is installed. */
function pciName(vendor: string, device: string, root: string): string | undefined {
  for (const place of ['usr/share/hwdata/pci.ids', 'usr/share/misc/pci.ids']) {
    let inside = false;
    for (const line of read(path.join(root, place))?.split('\n') ?? []) {
      if (/^[0-9a-f]{4} /.test(line)) {
        if (inside) break;
        inside = line.startsWith(vendor);
      } else if (inside && line.startsWith(`\t${device} `)) {
        // 'Navi 21 [Radeon RX 6800]': people know what stands in brackets.
        const name = line.slice(6).trim();
        return /\[([^\]]+)\]/.exec(name)?.[1] ?? name;
      }
    }
  }
  return undefined;
}

/** NVIDIA's adapters: with their memory from nvidia-smi, else by name from the driver. */
async function nvidiaAdapters(root = '/'): Promise<Adapter[]> {
  const told = root === '/' ? await output('nvidia-smi', ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits']) : '';
  const smi = told.split('\n').map((line) => /^(.+), (\d+)$/.exec(line.trim())).filter((match) => match !== null);
  if (smi.length) return smi.map(([, name, megabytes]) => ({ name: oneLine(name!, 100), memoryBytes: Number(megabytes) * 2 ** 20 }));
  const folder = path.join(root, 'proc/driver/nvidia/gpus');
  return list(folder).flatMap((gpu) => {
    const model = /^Model:\s*(.+)$/m.exec(read(path.join(folder, gpu, 'information')) ?? '')?.[1];
    return model === undefined ? [] : [{ name: oneLine(model, 100) }];
  });
}

const displayClass = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}';

async function windowsAdapters(): Promise<Adapter[]> {
  return readRegistry(await output('reg', ['query', displayClass, '/s']));
}

/** The display adapters in what 'reg query' prints of their class, those that compute by themselves first. */
export function readRegistry(text: string): Adapter[] {
  const adapters = text.split(/^HKEY_/m).flatMap((section): Adapter[] => {
    if (!/^[^\r\n]*\\\d{4}\r?$/m.test(section)) return [];
    const name = /^\s+DriverDesc\s+REG_SZ\s+(.+?)\r?$/m.exec(section)?.[1];
    if (name === undefined) return [];
    const memory = Number(/^\s+HardwareInformation\.qwMemorySize\s+REG_QWORD\s+(0x[0-9a-f]+)/mi.exec(section)?.[1] ?? 0);
    return [{ name: oneLine(name, 100), ...(memory > 0 && { memoryBytes: memory }), ...(isSoftware(name) && { software: true as const }) }];
  });
  return adapters.sort((a, b) => Number(a.software ?? false) - Number(b.software ?? false));
}

/** What a program of the system prints; nothing where there is none, or it takes longer than a few seconds. */
function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 5000, maxBuffer: 2 ** 20, windowsHide: true }, (error, stdout) => resolve(error ? '' : stdout));
  });
}

function read(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function list(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    return [];
  }
}
