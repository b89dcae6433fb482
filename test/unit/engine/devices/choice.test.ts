/** Which device runs a model: what is asked for, what is faster, and what is remembered. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Devices } from '../../../../src/engine/devices';
import { DeviceStore } from '../../../../src/engine/devices/store';
import { devices } from '../../../../src/engine/jobs/devices';
import type { DeviceId } from '../../../../src/protocol/engine';
import { Bench, busy, scenes, StandIn, testGpu, withGpu, type Faults } from './standIn';

const signal = new AbortController().signal;
const steps = { method: 'integrated-gradients', parameters: { nSteps: 40, quadrature: 'riemann_trapezoid' }, device: 'auto' } as const;

describe('engine/devices: choice', function () {
  this.timeout(60_000);
  let folder = '';
  const benches: Bench[] = [];

  before(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-devices-')); });
  after(async () => {
    for (const { engine } of benches) await engine.close();
    fs.rmSync(folder, { recursive: true });
  });

  const bench = (faults: Faults = {}, options: ConstructorParameters<typeof Bench>[1] = {}): Bench => {
    const made = new Bench(new StandIn(faults), options);
    benches.push(made);
    return made;
  };
  const slow = (slowed: (device: DeviceId) => boolean, ms: number): Faults => ({ run: ({ device }) => { if (slowed(device)) busy(ms); } });

  it("'auto' takes a GPU that is faster for the model, and says how much", async () => {
    const made = bench(slow((device) => device === 'cpu', 300)), { result } = await made.explain(steps);
    const { device } = result.record;
    assert.equal(device.id, 'webgpu');
    assert.ok(device.speed!.gradient! > 1.2, `${device.speed?.gradient} times as fast`);
    const before = made.gpu.on('cpu').length;
    await made.explain({ ...steps, parameters: { ...steps.parameters, nSteps: 30 } });
    assert.ok(made.gpu.on('cpu').length - before <= 1, 'it is measured once; only the prediction, one sample, stays on the CPU');
  });

  it("'auto' keeps the CPU where the GPU is slower for the model, and says so", async () => {
    const made = bench(slow((device) => device !== 'cpu', 300)), { result } = await made.explain(steps);
    assert.equal(result.record.device.id, 'cpu');
    assert.match(result.record.device.note!, /^WebGPU on Test GPU is slower for this model: 0\.\d+ times the CPU's speed\.$/);
    assert.deepEqual(result.record.warnings.filter((warning) => !warning.includes('nodes ran on the CPU')), []);
    const runs = made.gpu.on('webgpu').length;
    await made.explain(steps);
    assert.equal(made.gpu.on('webgpu').length, runs);
  });

  it("'auto' runs single samples on the CPU: a session elsewhere would cost more", async () => {
    const made = bench(), { result } = await made.explain({ method: 'saliency', device: 'auto' });
    assert.equal(result.record.device.id, 'cpu');
    assert.equal(made.gpu.sessions, 0);
  });

  it("'auto' never takes an adapter that computes on the CPU, but who asks for it gets it", async () => {
    const software = { adapter: async () => ({ name: 'llvmpipe (Mesa lavapipe, software)', software: true as const }) };
    const { engine } = bench({}, software);
    assert.equal((await engine.devices.resolve('auto')).id, 'cpu');
    const asked = await engine.devices.resolve('webgpu');
    assert.deepEqual([asked.id, asked.software], ['webgpu', true]);
    const reports = await engine.devices.report();
    assert.equal(reports.find(({ chosen }) => chosen)!.id, 'cpu');
    assert.match(reports.find(({ id }) => id === 'webgpu')!.note!, /computes on the CPU/);
  });

  it('without a GPU nothing is probed', async () => {
    let probes = 0;
    const none = new Devices(__filename, { mayHaveGpu: () => false, prove: async () => { probes++; return { reason: 'there is none' }; } });
    const start = performance.now();
    assert.equal((await none.resolve('auto')).id, 'cpu');
    assert.equal((await none.place('auto', { identity: 'a model' })).report.id, 'cpu');
    assert.ok(performance.now() - start < 20);
    assert.equal(probes, 0);
  });

  it('devices that do not exist, here or at all, are refused', async () => {
    const { engine } = bench();
    await assert.rejects(engine.devices.resolve('abacus' as DeviceId), /there is no device 'abacus'; devices are auto, cpu, cuda/);
    const other = process.platform === 'win32' ? 'coreml' : 'dml';
    await assert.rejects(engine.devices.resolve(other), /cannot be used: ONNX Runtime has no/);
  });

  it('reports adapter, memory and proof; with a model its speed and what auto takes for it', async () => {
    const { engine } = bench(slow((device) => device === 'cpu', 300));
    const reports = await devices(engine, {}, { signal }), gpu = reports.find(({ id }) => id === 'webgpu')!;
    assert.deepEqual({ ...gpu }, { id: 'webgpu', available: true, detail: 'WebGPU on Test GPU', proof: 1e-7, adapter: testGpu.name, memoryBytes: testGpu.memoryBytes, chosen: true });
    assert.equal(reports.at(-1)!.id, 'cpu');
    const measured = await devices(engine, { model: scenes }, { signal });
    const { speed, chosen } = measured.find(({ id }) => id === 'webgpu')!;
    assert.ok(speed!.forward! > 1 && speed!.gradient! > 1 && chosen, JSON.stringify(speed));
    const slower = bench(slow((device) => device !== 'cpu', 300));
    const notChosen = await devices(slower.engine, { model: scenes }, { signal });
    assert.equal(notChosen.find(({ chosen: taken }) => taken)!.id, 'cpu');
    assert.equal(notChosen.find(({ id }) => id === 'webgpu')!.note, 'It is slower than the CPU for this model.');
  });

  describe('on disk', () => {
    const kept = (version: string, faults: Faults = {}): { bench: Bench; probes: () => number } => {
      let probes = 0;
      const made = bench(faults, {
        store: new DeviceStore(path.join(folder, 'kept'), [version]),
        prove: async (id, aborted) => {
          probes++;
          return withGpu.prove!(id, aborted);
        },
      });
      return { bench: made, probes: () => probes };
    };

    it('proofs and speeds are kept for the same versions, and forgotten when asked', async () => {
      const first = kept('1', slow((device) => device === 'cpu', 300));
      await first.bench.explain(steps);
      assert.equal(first.probes(), 1);
      const second = kept('1'), { result } = await second.bench.explain(steps);
      assert.equal(second.probes(), 0);
      assert.equal(result.record.device.id, 'webgpu');
      assert.ok(result.record.device.speed!.gradient! > 1);
      assert.ok(second.bench.gpu.on('cpu').length <= 1, 'neither measured nor proven again');
      assert.equal((await kept('2').bench.engine.devices.resolve('auto')).id, 'webgpu');
      const newer = kept('2');
      await newer.bench.engine.devices.forget();
      await newer.bench.engine.devices.resolve('auto');
      assert.equal(newer.probes(), 1);
    });

    it('that a device cannot be used is believed for a day', async () => {
      const place = path.join(folder, 'failed'), store = new DeviceStore(place, ['1']);
      let probes = 0;
      const look = async (): Promise<boolean> => {
        const { engine } = bench({}, { store, prove: async () => { probes++; return { reason: 'no driver' }; } });
        return (await engine.devices.report()).find(({ id }) => id === 'webgpu')!.available;
      };
      assert.deepEqual([await look(), await look(), probes], [false, false, 1]);
      const yesterday = new Date(Date.now() - 25 * 3_600_000);
      for (const name of fs.readdirSync(place)) fs.utimesSync(path.join(place, name), yesterday, yesterday);
      assert.deepEqual([await look(), probes], [false, 2]);
    });

    it('what is damaged or made up is as if it were not there', async () => {
      const place = path.join(folder, 'kept');
      await kept('3').bench.explain(steps);
      const texts = ['', '{', 'null', '[]', '{"adapter":{"name":7},"proof":0}', '{"adapter":{"name":"x"},"proof":-1}', '{"speed":{"forward":"fast"},"proven":{},"batch":{}}', '{"speed":{},"proven":{"a":1e9,"b":-1},"batch":{"forward":0.3}}', 'x'.repeat(300_000)];
      for (const text of texts) {
        for (const name of fs.readdirSync(place)) fs.writeFileSync(path.join(place, name), text);
        const { bench: made, probes } = kept('3');
        assert.equal((await made.engine.devices.resolve('webgpu')).adapter, testGpu.name, text.slice(0, 40));
        assert.equal(probes(), 1, text.slice(0, 40));
        if (text.includes('speed')) assert.equal((await made.explain({ ...steps, device: 'webgpu' })).result.record.device.id, 'webgpu');
      }
    });

    it('a wrong result is remembered for the model', async () => {
      const first = kept('4', { results: (results, { device }) => { if (device !== 'cpu') for (const tensor of Object.values(results)) (tensor.data as Float32Array).fill(7); } });
      await first.bench.explain({ ...steps, device: 'webgpu' });
      const second = kept('4'), { result } = await second.bench.explain({ ...steps, device: 'webgpu' });
      assert.equal(second.bench.gpu.sessions, 0);
      assert.match(result.record.warnings.join('\n'), /WebGPU on Test GPU computes something else than the CPU for this model .*: the CPU is used\./);
    });
  });
});
