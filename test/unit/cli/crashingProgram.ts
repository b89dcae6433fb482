/** A supervised program whose first child is ended in the middle of a device's run; the next finds that written down. */
import { isSupervised, supervise } from '../../../src/cli/supervisor';
import { DeviceStore } from '../../../src/engine/devices/store';

function work(): void {
  const store = new DeviceStore(process.env.MODEL_LENS_TEST_FOLDER!, ['1']), [, , how] = process.argv;
  if (store.crashed('webgpu', 'model')) {
    process.stdout.write('without the device\n');
    if (how === 'once') return void process.disconnect();
  }
  store.running('webgpu', 'model');
  // The notice leaves first, as it does before a run.
  setTimeout(() => process.kill(process.pid, 'SIGSEGV'), 50);
}

if (isSupervised()) work();
else void supervise(__filename, 'explain', process.argv.slice(2)).then((code) => { process.exitCode = code; });
