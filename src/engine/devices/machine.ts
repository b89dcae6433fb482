/** What tells one state of a machine's drivers from the next: findings about devices hold as long as it stays the same. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { processorText } from '../processor';

/** Where the Vulkan loader looks for drivers. */
const driverFolders = ['/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/usr/share/vulkan/icd.d'];
/** Environment variables that choose drivers. */
const variables = ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES', 'VK_ADD_DRIVER_FILES', 'MODEL_LENS_CUDA', 'CUDA_VISIBLE_DEVICES', 'LD_LIBRARY_PATH', 'MESA_VK_DEVICE_SELECT'];

/** The processor, the system's release, drivers with their times of change, and the settings that choose among them. */
export function machineText(env: NodeJS.ProcessEnv = process.env): string {
  const parts = [processorText(), os.release(), os.hostname(), ...variables.map((name) => `${name}=${env[name] ?? ''}`)];
  if (process.platform === 'linux') {
    parts.push(first('/proc/driver/nvidia/version'), first('/sys/module/amdgpu/version'));
    for (const folder of driverFolders) for (const name of names(folder)) parts.push(stamp(path.join(folder, name)));
    for (const name of ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES']) for (const file of (env[name] ?? '').split(':')) if (file) parts.push(stamp(file));
    for (const name of names('/sys/class/drm')) if (/^renderD\d+$/.test(name)) parts.push(`${name} ${first(`/sys/class/drm/${name}/device/vendor`)} ${first(`/sys/class/drm/${name}/device/device`)}`);
    if (env.MODEL_LENS_CUDA) parts.push(stamp(env.MODEL_LENS_CUDA));
  } else if (process.platform === 'win32') {
    // Installing a driver adds a folder there.
    parts.push(stamp(path.join(env.SystemRoot ?? 'C:\\Windows', 'System32', 'DriverStore', 'FileRepository')));
  }
  return parts.join('\n');
}

function stamp(file: string): string {
  try {
    const { size, mtimeMs } = fs.statSync(file);
    return `${file} ${size} ${mtimeMs}`;
  } catch {
    return `${file} missing`;
  }
}

function first(file: string): string {
  try {
    return fs.readFileSync(file, 'latin1').slice(0, 4096);
  } catch {
    return '';
  }
}

function names(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    return [];
  }
}
