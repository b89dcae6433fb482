/** The engine as a real process, started from source, running real models. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ExplainParams, ExplainProgress } from '../../../src/protocol/engine';
import { EngineProcess, type EngineExit, type EngineProcessOptions } from '../../../src/protocol/engineProcess';
import { LensError } from '../../../src/protocol/rpc';

const root = path.resolve(__dirname, '../../..');
const shared = process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared');
const squeezenet = path.join(shared, 'pack/converted/imagenet_squeezenet_fp32.onnx');
const chelsea = path.join(shared, 'pack/images/chelsea.png');
const explainCat = (method: string, more: Partial<ExplainParams> = {}): ExplainParams => ({ model: squeezenet, inputs: { '': chelsea }, method, ...more });
/** Long enough that nothing here ends by itself. */
const endless = explainCat('integrated-gradients', { parameters: { nSteps: 10_000, quadrature: 'riemann_trapezoid' } });

describe('engine process', function () {
  this.timeout(30_000);
  const started: EngineProcess[] = [];

  const launch = (options: Partial<EngineProcessOptions> = {}): EngineProcess => {
    const engine = new EngineProcess({ enginePath: path.join(root, 'src/engine/main.ts'), execArgv: ['--require', 'tsx/cjs'], ...options });
    started.push(engine);
    return engine;
  };

  before(function () {
    if (fs.existsSync(squeezenet)) return;
    console.log(`      skipped: there is no ${path.join(shared, 'pack')} (set MODEL_LENS_SHARED)`);
    this.skip();
  });

  afterEach(() => {
    for (const engine of started.splice(0)) engine.dispose();
  });

  const exitOf = (engine: EngineProcess): Promise<EngineExit> => new Promise((resolve) => engine.onDidExit(resolve));
  const failure = (promise: Promise<unknown>): Promise<LensError> => promise.then(() => assert.fail('it did not fail'), (error: unknown) => {
    assert.ok(error instanceof LensError, `no LensError: ${String(error)}`);
    return error;
  });
  /** Resolves when the job has sent so many partial results. */
  const progressing = (): { onProgress: (value: ExplainProgress) => void; partials: (count: number) => Promise<void> } => {
    let seen = 0;
    const waiting: { count: number; resolve: () => void }[] = [];
    return {
      onProgress: (value) => {
        if (value.type === 'partial') seen++;
        for (const { count, resolve } of waiting) if (seen >= count) resolve();
      },
      partials: (count) => new Promise((resolve) => void waiting.push({ count, resolve })),
    };
  };

  it('starts with the first request, inspects and shows pictures', async () => {
    const engine = launch();
    assert.equal(engine.running, false);
    const { summary, architecture, file } = await engine.request('inspect', { file: squeezenet });
    assert.deepEqual(summary.inputs, [{ name: 'data_0', dtype: 'float32', dims: [1, 3, 224, 224] }]);
    assert.ok(summary.totals.parameters > 1.2e6 && summary.totals.parameters < 1.3e6);
    assert.ok(architecture.nodes.length > 60);
    assert.equal(file.bytes, fs.statSync(squeezenet).size);
    const picture = await engine.request('picture', { file: chelsea, maxSide: 128 });
    assert.deepEqual([picture.sourceWidth, picture.sourceHeight, picture.width], [451, 300, 128]);
    assert.ok(picture.bytes instanceof Uint8Array && picture.bytes.length > 1000);
  });

  it('predicts the cat', async () => {
    const { prediction, preprocessing, frame } = await launch().request('predict', { model: squeezenet, inputs: { '': chelsea } });
    assert.equal(prediction.top[0]!.label, 'Egyptian cat');
    assert.equal(prediction.kind, 'probabilities');
    assert.equal(prediction.classes, 1000);
    assert.match(preprocessing[0]!.words, /BGR/);
    assert.equal(frame?.sourceWidth, 451);
  });

  it('explains: says what it prepared, streams maps, and records how it was made', async () => {
    const progress: ExplainProgress[] = [];
    const { map, record } = await launch().request('explain', explainCat('integrated-gradients', { parameters: { nSteps: 40 } }), { onProgress: (value) => progress.push(value) });
    const first = progress[0]!;
    assert.ok(first.type === 'prepared' && first.target.label === 'Egyptian cat' && first.device.id === 'cpu');
    const maps = progress.filter((value) => value.type === 'partial' && value.map);
    assert.ok(maps.length >= 2, `${maps.length} partial maps`);
    assert.ok(map);
    assert.deepEqual([map.width, map.height, map.signed], [224, 224, true]);
    assert.ok(map.values instanceof Float32Array && map.values.some((value) => value !== 0));
    assert.match(record.model.sha256, /^0fccde009e25d24d/);
    assert.match(record.inputs.data_0!.sha256, /^596aa1e7cb875eb7/);
    assert.equal(record.checks[0]!.id, 'completenessDelta');
    assert.equal(record.parameters.nSteps, 40);
    assert.deepEqual(record.warnings, []);
  });

  it('finds classes by name, and says which names there are', async () => {
    const engine = launch();
    const { record } = await engine.request('explain', explainCat('saliency', { target: { class: 'tiger cat' } }));
    assert.equal(record.target.index, 282);
    const unknown = await failure(engine.request('explain', explainCat('saliency', { target: { class: 'unicorn' } })));
    assert.equal(unknown.code, 'badInput');
    assert.match(unknown.message, /no class is called 'unicorn'/);
    const outside = await failure(engine.request('explain', explainCat('saliency', { target: { class: 1000 } })));
    assert.match(outside.message, /has 1000 classes/);
  });

  it('answers a cancel in mid-run within 300 ms, and stays warm', async () => {
    const engine = launch();
    const { onProgress, partials } = progressing();
    const controller = new AbortController();
    const answer = failure(engine.request('explain', endless, { signal: controller.signal, onProgress }));
    await partials(3);
    const { pid } = engine;
    const start = performance.now();
    controller.abort();
    assert.equal((await answer).code, 'cancelled');
    const took = performance.now() - start;
    assert.ok(took < 300, `${took} ms`);
    await engine.request('explain', explainCat('saliency'));
    assert.equal(engine.pid, pid, 'a job that stops when asked costs no restart');
  });

  it('answers a cancel in time and kills the process when the job does not come back; others are not lost', async () => {
    const engine = launch({ cancelAnswerMs: 100, cancelKillMs: 400 });
    await engine.request('methods', {});
    const exit = exitOf(engine);
    const { pid } = engine;
    process.kill(pid!, 'SIGSTOP'); // as a native call that blocks for long
    const controller = new AbortController();
    const cancelled = failure(engine.request('explain', endless, { signal: controller.signal }));
    const innocent = engine.request('inspect', { file: squeezenet });
    const start = performance.now();
    controller.abort();
    assert.equal((await cancelled).code, 'cancelled');
    assert.ok(performance.now() - start < 300);
    assert.equal((await innocent).summary.inputs[0]!.name, 'data_0');
    assert.equal((await exit).reason, 'cancelled');
    assert.notEqual(engine.pid, pid);
  });

  it('rejects open requests when the process is killed, naming the signal; the next request works', async () => {
    const engine = launch({ name: 'the explaining engine' });
    const { onProgress, partials } = progressing();
    const answer = failure(engine.request('explain', endless, { onProgress }));
    await partials(2);
    const exit = exitOf(engine);
    process.kill(engine.pid!, 'SIGKILL');
    const error = await answer;
    assert.equal(error.code, 'engineDied');
    assert.equal(error.message, 'the explaining engine was ended by signal SIGKILL');
    assert.equal((await exit).reason, 'crashed');
    assert.equal((await engine.request('predict', { model: squeezenet, inputs: { '': chelsea } })).prediction.top[0]!.label, 'Egyptian cat');
  });

  it('says why a process could not start', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-'));
    const broken = path.join(folder, 'broken.cjs');
    fs.writeFileSync(broken, "throw new Error('cannot find the library');\n");
    const error = await failure(launch({ enginePath: broken, execArgv: [] }).request('devices', {}));
    fs.rmSync(folder, { recursive: true });
    assert.equal(error.code, 'engineDied');
    assert.match(error.message, /exit code 1: Error: cannot find the library/);
  });

  it('stops when idle and starts again', async () => {
    const engine = launch({ idleMs: 200 });
    await engine.request('methods', {});
    const { pid } = engine;
    assert.equal((await exitOf(engine)).reason, 'idle');
    assert.equal(engine.running, false);
    await engine.request('methods', {});
    assert.notEqual(engine.pid, pid);
  });

  it('does not stop while it works', async () => {
    const engine = launch({ idleMs: 50 });
    const { onProgress, partials } = progressing();
    const controller = new AbortController();
    const answer = failure(engine.request('explain', endless, { signal: controller.signal, onProgress }));
    await partials(4);
    assert.equal(engine.running, true);
    controller.abort();
    assert.equal((await answer).code, 'cancelled');
  });

  it('refuses requests after it was disposed, and ends the process', async () => {
    const engine = launch();
    await engine.request('methods', {});
    const exit = exitOf(engine);
    engine.dispose();
    assert.equal((await exit).reason, 'disposed');
    assert.equal((await failure(engine.request('methods', {}))).code, 'engineDied');
  });

  it('fails in one line on files that are no models, and goes on', async () => {
    const engine = launch();
    for (const file of [chelsea, path.join(shared, 'nothing.onnx'), shared]) {
      const error = await failure(engine.request('inspect', { file }));
      assert.ok(error.code === 'badFile' || error.code === 'notFound', error.code);
      assert.doesNotMatch(error.message, /\n/);
    }
    assert.equal(engine.running, true);
  });
});
