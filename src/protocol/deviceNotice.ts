/**
 * What a process tells its parent around runs on a device whose driver might take it along: the file that says so on
 * disk (engine/devices/store.ts). A parent that ends the process on purpose removes the file, so that nobody blames the
 * driver; one that sees it crash knows that trying again goes another way.
 */
import fs from 'node:fs';
import path from 'node:path';

export interface DeviceNotice {
  readonly type: 'deviceRuns';
  /** Absolute; null: nothing runs any more. */
  readonly mark: string | null;
}

const markName = /^[0-9a-f]{40}\.\d+\.running$/;

export function isDeviceNotice(message: unknown): message is DeviceNotice {
  const { type, mark } = (message ?? {}) as Partial<DeviceNotice>;
  return type === 'deviceRuns' && (mark === null || (typeof mark === 'string' && path.isAbsolute(mark) && markName.test(path.basename(mark))));
}

/** Tells this process's parent, if one listens. */
export function sayRunning(mark: string | null): void {
  if (process.connected) process.send!({ type: 'deviceRuns', mark } satisfies DeviceNotice, undefined, undefined, () => undefined);
}

/** Whether a process left its mark behind: one that ends in order removes it, however it ends. */
export function leftMark(mark: string | null | undefined): boolean {
  return Boolean(mark) && fs.existsSync(mark!);
}

/** The process was ended on purpose: its driver did nothing wrong. */
export function forgetMark(mark: string | null | undefined): void {
  if (mark) fs.rmSync(mark, { force: true });
}
