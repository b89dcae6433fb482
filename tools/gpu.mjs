// npm run test:gpu [-- --all] [--bench]: forward passes, gradients and whole explanations on a GPU, compared with the CPU.
//   --all    everything, however long it takes; else what fits into a few minutes on a software device
//   --bench  times instead: the device against the CPU, as ratios within one run
// The device: MODEL_LENS_GPU names one (webgpu, cuda, dml, coreml, or lavapipe for Mesa's software Vulkan, which
// 'node tools/lavapipe.mjs' fetches); else the first GPU that is found, else lavapipe where it was fetched. Where there is
// neither, the suite is skipped and says so; under CI that is a failure.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { lavapipeEnvironment } from './lavapipe.mjs';
import { install, root, run, say } from './steps.mjs';

const devices = ['cuda', 'webgpu', 'dml', 'coreml'];
const families = 'activation,batchnorm,convolution,elementwise,matmul,normalization,pooling,reduction,resize,shape,softmax';
/** Random cases of each differentiation rule, where there is little time. */
const fewSeeds = 2;

/** The device to test on and the environment that makes it found, or why there is none. */
export function gpuToTest(asked = process.env.MODEL_LENS_GPU) {
  const software = lavapipeEnvironment();
  if (asked === 'lavapipe') return software ? { device: 'webgpu', env: software, words: "Mesa's software Vulkan" } : { missing: "lavapipe is not there: 'node tools/lavapipe.mjs' fetches it" };
  if (asked !== undefined && asked !== '') return devices.includes(asked) ? { device: asked, env: {}, words: asked } : { missing: `MODEL_LENS_GPU is '${asked}', expected one of ${devices.join(', ')}, lavapipe` };
  const found = hardware();
  if (found) return { device: found.id, env: {}, words: found.detail };
  return software ? { device: 'webgpu', env: software, words: "Mesa's software Vulkan" } : { missing: "this machine has no GPU that ONNX Runtime can use; 'node tools/lavapipe.mjs' fetches a software one" };
}

function hardware() {
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'devices', '--json'], { cwd: root, encoding: 'utf8', env: { ...process.env, MODEL_LENS_CACHE: 'off' } });
  if (status !== 0) return undefined;
  return JSON.parse(stdout).find(({ id, available, software }) => id !== 'cpu' && available && !software);
}

/** What runs the suite: for `run` of steps.mjs. */
export function gpuSuite({ device, env }, all) {
  const settings = { MODEL_LENS_CACHE: 'off', MODEL_LENS_GPU_DEVICE: device, MODEL_LENS_RULE_DEVICE: device, ...(all ? { MODEL_LENS_GPU_ALL: '1' } : { MODEL_LENS_RULE_SEEDS: String(fewSeeds) }) };
  return {
    command: 'npx', env: { ...env, ...settings },
    args: ['mocha', '--no-config', '--require', 'tsx/cjs', '--extensions', 'ts', '--fail-zero', '--forbid-only', '--reporter', 'tools/reporter.cjs', '--timeout', '600000',
      'test/unit/graph/portable.test.ts', ...families.split(',').map((family) => `test/unit/autodiff/${family}.test.ts`), 'test/gpu/**/*.test.ts'],
  };
}

async function main(args) {
  const unknown = args.find((arg) => arg !== '--all' && arg !== '--bench');
  if (unknown !== undefined) {
    console.error(`unknown option '${unknown}'\nusage: npm run test:gpu [-- --all] [--bench]`);
    return 2;
  }
  await install();
  const gpu = gpuToTest();
  if (gpu.missing !== undefined) {
    console.error(gpu.missing);
    return 1;
  }
  say(`On ${gpu.words} (${gpu.device})`);
  const suite = gpuSuite(gpu, args.includes('--all'));
  if (args.includes('--bench')) return run('npx', ['tsx', 'test/gpu/bench.ts'], { env: { ...process.env, ...suite.env } });
  return run(suite.command, suite.args, { env: { ...process.env, ...suite.env } });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2)).then((code) => { process.exitCode = code; });
