/**
 * An engine whose GPU driver ends the process: in the middle of its runs, by the signal that a driver's fault raises.
 * MODEL_LENS_TEST_FOLDER keeps what is found out about devices; MODEL_LENS_TEST_RUN is the run of the device that ends.
 */
import { Engine } from '../../../../src/engine/engine';
import { serveEngine } from '../../../../src/engine/serveEngine';
import { DeviceStore } from '../../../../src/engine/devices/store';
import { StandIn, withGpu } from './standIn';

const last = Number(process.env.MODEL_LENS_TEST_RUN);
const gpu = new StandIn({
  run: ({ device, number }) => {
    if (device === 'cpu' || number < last) return;
    process.kill(process.pid, 'SIGSEGV');
    // The signal may come a moment later; nothing is computed any more.
    return new Promise(() => undefined);
  },
});
const store = new DeviceStore(process.env.MODEL_LENS_TEST_FOLDER!, ['1']);
serveEngine(new Engine(__filename, { make: gpu.make, devices: { ...withGpu, store, log: (line) => void process.stdout.write(`${line}\n`) } }));
