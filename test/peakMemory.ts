import * as fs from 'node:fs';

/**
 * Most memory this process had, in bytes. Linux carries maxRSS over from the process that forked this one, so its own
 * high-water mark is read instead.
 */
export function peakBytes(): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))![1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
