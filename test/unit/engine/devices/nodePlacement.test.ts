/** Which nodes ran where, read from the runtime's profile, and told in words. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { nodePlacement } from '../../../../src/engine/jobs/nodePlacement';
import { fallenWords, FirstRunProfile, placementIn } from '../../../../src/engine/devices/nodePlacement';
import { Engine } from '../../../../src/engine/engine';
import { loadOrt } from '../../../../src/engine/ort';
import { writeOnnx } from '../../../../src/formats/onnx/write';
import { tiny } from '../../autodiff/tinyModel';
import { scenes } from './standIn';

const event = (op: string, index: number, provider: string, name = `${op}_${index}`) => ({ cat: 'Node', name: `${name}_kernel_time`, args: { op_name: op, node_index: String(index), provider } });

describe('engine/devices: where nodes ran', () => {
  it('counts a node once however often a loop ran it, copies apart, and by op what ran on the CPU', () => {
    const gpu = 'WebGpuExecutionProvider', cpu = 'CPUExecutionProvider';
    const events = [
      { cat: 'Session', name: 'model_run' }, event('Conv', 0, gpu), event('Conv', 0, gpu), event('Conv', 1, gpu), event('MemcpyToHost', 2, gpu), event('OneHot', 3, cpu), event('MemcpyFromHost', 4, gpu),
      event('Shape', 5, cpu), event('Shape', 6, cpu), { cat: 'Node', name: 'Conv_0_fence_before' },
    ];
    assert.deepEqual(placementIn(events), { nodes: 5, onCpu: { OneHot: 1, Shape: 2 }, copies: 2 });
  });

  it('is told in one sentence, the most frequent ops first, and not at all where nothing fell', () => {
    assert.equal(fallenWords([{ nodes: 9, onCpu: {}, copies: 0 }], 'WebGPU'), undefined);
    assert.equal(fallenWords([{ nodes: 9, onCpu: { OneHot: 1 }, copies: 2 }, { nodes: 3, onCpu: { Shape: 2 }, copies: 0 }], 'WebGPU'),
      '3 of 12 nodes ran on the CPU beside WebGPU (Shape × 2, OneHot × 1); 2 values were carried between the two.');
    const onCpu = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`Op${i}`, 10 - i]));
    assert.match(fallenWords([{ nodes: 99, onCpu, copies: 1 }], 'CUDA')!, /^55 of 99 nodes .*Op7 × 3, and 3 of 2 other kinds\); 1 value was carried between the two\.$/);
  });

  it("is read from a real session's first run, which leaves no file behind", async () => {
    const before = profiles(), profile = (await FirstRunProfile.begin())!, ort = await loadOrt();
    const model = tiny({ inputs: { x: ['float32', [2]] }, outputs: { y: 'float32' }, nodes: [['Exp', ['x'], ['e']], ['Tanh', ['e'], ['y']]] });
    const session = await ort.InferenceSession.create((await writeOnnx(model)).bytes, { ...profile.options, logSeverityLevel: 4 });
    const feeds = { x: new ort.Tensor('float32', Float32Array.of(1, 2), [2]) };
    await session.run(feeds);
    assert.deepEqual(await profile.end(session), { nodes: 2, onCpu: { Exp: 1, Tanh: 1 }, copies: 0 });
    await session.run(feeds);
    await session.release();
    assert.deepEqual(profiles(), before);
  });

  it('a device that cannot be used is refused by name, with the reason', async () => {
    const engine = new Engine(__filename, { devices: { prove: async () => ({ reason: 'no supported adapters' }), mayHaveGpu: () => true } });
    await assert.rejects(nodePlacement(engine, { model: scenes, device: 'webgpu' }, { signal: new AbortController().signal }), /^LensError: WebGPU cannot be used: /);
    await engine.close();
  });
});

function profiles(): string[] {
  return fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('model-lens-profile-')).sort();
}
