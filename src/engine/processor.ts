/**
 * What tells one processor from another: ONNX Runtime's optimiser lays weights out for the vector units it finds, and a
 * graph optimised for others computes something else.
 */
import fs from 'node:fs';
import os from 'node:os';

/** /proc/cpuinfo repeats itself for every core; the first one's flags stand within this. */
const firstCore = 16_384;

/** Architecture, model and instruction sets in one line, the same as long as the machine is. */
export function processorText(): string {
  return [process.platform, process.arch, os.cpus()[0]?.model ?? '', process.env.PROCESSOR_IDENTIFIER ?? '', instructionSets()].join('\n');
}

/** The flags Linux lists: virtual machines of one model name differ in them. */
function instructionSets(): string {
  if (process.platform !== 'linux') return '';
  try {
    const file = fs.openSync('/proc/cpuinfo', 'r');
    try {
      const buffer = Buffer.alloc(firstCore);
      const text = buffer.toString('latin1', 0, fs.readSync(file, buffer, 0, firstCore, 0));
      return /^(?:flags|Features)\s*:.*$/m.exec(text)?.[0] ?? '';
    } finally {
      fs.closeSync(file);
    }
  } catch {
    return '';
  }
}
