/** What a probing process does: prove one device, say so, and end. */
import type { DeviceId } from '../protocol/engine';
import { toWireError } from '../protocol/rpc';
import { probeArgument, type ProbeOutcome } from './devices/probing';
import { proveDevice } from './probe';

/** Probes and ends the process if that is what it was started for. */
export function probeIfAsked(): boolean {
  if (process.argv[2] !== probeArgument || !process.send) return false;
  void proveDevice(process.argv[3] as DeviceId).then(
    (proof): ProbeOutcome => proof,
    (error: unknown): ProbeOutcome => ({ reason: toWireError(error).message }),
  ).then((outcome) => process.send!(outcome, () => process.disconnect()));
  return true;
}
