/**
 * npm run test:gpu -- --bench
 *
 * What a GPU gains: Integrated Gradients with 50 steps, and a thousand masked passes, on the device and on the CPU in one
 * run. Compare the ratios; nothing here is asserted. MODEL_LENS_GPU_BENCH_SECONDS (default 60) bounds the masked passes
 * of one row, so that a software device comes to an end: then fewer are measured.
 */
import { measureMasked } from '../bench/masked';
import { measureMethod } from '../bench/methods';
import { modelFile } from '../bench/models';
import type { DeviceId } from '../../src/protocol/engine';
import { device } from './device';

const models = ['converted/imagenet_squeezenet_fp32.onnx', 'structure/light_resnet50.onnx'];
const seconds = Number(process.env.MODEL_LENS_GPU_BENCH_SECONDS || 60);

const columns = ['model'.padEnd(40), 'what'.padEnd(20), `${device} ms`.padStart(12), 'CPU ms'.padStart(12), `${device} is × as fast`.padStart(22)];

async function main(): Promise<void> {
  console.log(columns.join(''));
  for (const model of models) {
    const file = await modelFile(model);
    if (file === undefined) {
      console.error(`${model}: is not in the pack; MODEL_LENS_SHARED names another folder`);
      process.exitCode = 1;
      continue;
    }
    const gradients = async (where: DeviceId): Promise<number> => (await measureMethod(file, model, 'integrated-gradients', 1, where)).warmMs;
    report(model, 'IG, 50 steps', await gradients(device), await gradients('cpu'));
    const masked = async (where: DeviceId): Promise<number> => {
      const { seconds: taken, passes } = await measureMasked(file, model, where, seconds);
      return (taken / passes) * 1e6;
    };
    report(model, '1000 masked passes', await masked(device), await masked('cpu'));
  }
}

function report(model: string, what: string, there: number, here: number): void {
  console.log([model, what, there.toFixed(0), here.toFixed(0), (here / there).toPrecision(3)].map((cell, column) => (column < 2 ? cell.padEnd(columns[column]!.length) : cell.padStart(columns[column]!.length))).join(''));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
