/** A driver that takes the engine's process along: the next process goes on without it, and the request is answered. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DeviceStore } from '../../../../src/engine/devices/store';
import { forgetMark, isDeviceNotice } from '../../../../src/protocol/deviceNotice';
import type { ExplainParams, ExplainProgress } from '../../../../src/protocol/engine';
import { EngineProcess, type EngineExit } from '../../../../src/protocol/engineProcess';
import { car, scenes } from './standIn';

const params: ExplainParams = { model: scenes, inputs: { '': car }, method: 'integrated-gradients', parameters: { nSteps: 40, quadrature: 'riemann_trapezoid' }, device: 'webgpu' };
const marks = (folder: string): string[] => fs.readdirSync(folder).filter((name) => name.endsWith('.running'));

describe('engine/devices: a crashing driver', function () {
  this.timeout(120_000);
  let folder = '';
  const engines: EngineProcess[] = [];

  beforeEach(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-crash-')); });
  afterEach(() => {
    for (const engine of engines.splice(0)) engine.dispose();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const launch = (run: number): { engine: EngineProcess; exits: EngineExit[]; log: string[] } => {
    const exits: EngineExit[] = [], log: string[] = [];
    const engine = new EngineProcess({
      enginePath: path.join(__dirname, 'crashingEngine.ts'), execArgv: ['--require', 'tsx/cjs'], onLog: (line) => log.push(line),
      env: { MODEL_LENS_TEST_FOLDER: folder, MODEL_LENS_TEST_RUN: String(run) }, cancelKillMs: 300,
    });
    engine.onDidExit((exit) => exits.push(exit));
    engines.push(engine);
    return { engine, exits, log };
  };

  it('in mid-run: the same request is finished by the next process on the CPU, which says why', async () => {
    const { engine, exits, log } = launch(3), changes: ExplainProgress[] = [];
    const { record } = await engine.request('explain', params, { onProgress: (value) => { if (value.type === 'device') changes.push(value); } });
    assert.deepEqual(exits.map(({ reason, signal }) => [reason, signal]), [['crashed', 'SIGSEGV']]);
    assert.equal(record.device.id, 'cpu');
    const words = /WebGPU on Test GPU crashed with this model before .*: the CPU is used\./;
    assert.match(record.warnings.join('\n'), words);
    assert.equal(changes.length, 1);
    assert.equal(log.filter((line) => words.test(line)).length, 1);
    assert.deepEqual(marks(folder), [], 'the mark became knowledge about the model');

    const later = launch(3);
    const again = (await later.engine.request('explain', params)).record, plain = (await later.engine.request('explain', { ...params, device: 'cpu' })).record;
    assert.deepEqual([again.device.id, again.attributions], ['cpu', plain.attributions]);
    assert.deepEqual(record.attributions, plain.attributions, 'the numbers are those of the CPU');
    assert.deepEqual(later.exits, [], 'a later process does not try again');
    const other = await later.engine.request('explain', { ...params, model: scenes.replace('.onnx', '.h5') }).then(() => 'done', () => 'died');
    assert.equal(other, 'done', 'another model tries the device by itself, and goes on without it too');
  });

  it('a process that is killed for a cancelled job leaves no blame', async () => {
    // Past this run nothing crashes.
    const { engine } = launch(1e9), controller = new AbortController();
    const running = engine.request('explain', { ...params, parameters: { nSteps: 10_000, quadrature: 'riemann_trapezoid' } }, {
      signal: controller.signal, onProgress: (value) => { if (value.type === 'partial') engine.kill(); },
    });
    await assert.rejects(running, /SIGKILL/);
    assert.deepEqual(marks(folder), []);
    assert.equal((await engine.request('explain', params)).record.device.id, 'webgpu');
  });

  it('marks of living processes, of this one too, accuse nobody; those of the dead are read once', () => {
    const store = new DeviceStore(folder, ['1']), done = store.running('webgpu', 'model');
    assert.equal(store.crashed('webgpu', 'model'), false);
    const [name] = marks(folder), place = path.join(folder, name!);
    // No process has this id, and after a restart of the machine ids are given anew.
    for (const mark of [{ pid: 2 ** 31 - 2, booted: Date.now() - 1000 * os.uptime() }, { pid: process.pid, booted: 0 }]) {
      fs.writeFileSync(place, JSON.stringify(mark));
      assert.equal(store.crashed('webgpu', 'another'), false);
      assert.equal(store.crashed('webgpu', 'model'), true);
      assert.equal(store.crashed('webgpu', 'model'), false);
    }
    done();
    assert.deepEqual(marks(folder), []);
  });

  it('a parent removes no other files than marks', () => {
    const name = `${'0'.repeat(40)}.7.running`;
    assert.ok(isDeviceNotice({ type: 'deviceRuns', mark: null }) && isDeviceNotice({ type: 'deviceRuns', mark: path.resolve('/', name) }));
    for (const mark of [7, name, path.resolve('/', 'etc', 'passwd'), path.resolve('/', `${name}.txt`), undefined]) assert.equal(isDeviceNotice({ type: 'deviceRuns', mark }), false);
    forgetMark(path.join(folder, name));
  });
});
