/** Whatever goes wrong on a device, the explanation is finished, says so, and its numbers are right. */
import assert from 'node:assert/strict';
import type { ExplainParams } from '../../../../src/protocol/engine';
import { Bench, busy, StandIn, testGpu, type Faults, type Outcome } from './standIn';

const gradients = { method: 'integrated-gradients', parameters: { nSteps: 40, quadrature: 'riemann_trapezoid' } } satisfies Partial<ExplainParams>;
const masks = { method: 'rise', parameters: { nSamples: 200 } } satisfies Partial<ExplainParams>;

describe('engine/devices: faults', function () {
  this.timeout(60_000);
  const benches: Bench[] = [];
  const expected = new Map<string, Outcome>();

  const bench = (faults: Faults = {}, devices: ConstructorParameters<typeof Bench>[1] = {}): Bench => {
    const made = new Bench(new StandIn(faults), devices);
    benches.push(made);
    return made;
  };

  before(async () => {
    const { engine, explain } = { engine: bench(), explain: (params: typeof gradients | typeof masks) => engine.explain({ ...params, device: 'cpu' }) };
    for (const params of [gradients, masks]) expected.set(params.method, await explain(params));
  });

  after(async () => {
    for (const { engine } of benches) await engine.close();
  });

  /** As the CPU has it: largest difference relative to the largest value. */
  const isRight = ({ attribution, result }: Outcome): void => {
    const right = expected.get(result.record.method)!.attribution.values!.data, found = attribution.values!.data;
    let worst = 0, scale = 0;
    right.forEach((value, index) => {
      worst = Math.max(worst, Math.abs(value - found[index]!));
      scale = Math.max(scale, Math.abs(value));
    });
    assert.ok(found.length === right.length && worst <= 1e-3 * scale, `differs by ${worst} of ${scale}`);
  };
  const fellBack = (outcome: Outcome, words: RegExp): void => {
    const { record } = outcome.result;
    assert.equal(record.device.id, 'cpu');
    assert.match(record.warnings.join('\n'), words);
    assert.equal(outcome.changes.length, 1);
    assert.equal(outcome.changes[0]!.device.id, 'cpu');
    assert.match(outcome.changes[0]!.message, words);
    assert.equal(outcome.log.length, 1);
    assert.match(outcome.log[0]!, words);
    isRight(outcome);
  };
  const deviceLost = (): never => { throw new Error('Device is lost: the driver was reset'); };

  for (const params of [gradients, masks]) {
    it(`${params.method} runs on a device that works, proven against the CPU once`, async () => {
      const { gpu, explain } = withExplain(bench()), first = await explain(params);
      assert.equal(first.result.record.device.id, 'webgpu');
      assert.equal(first.result.record.device.detail, `WebGPU on ${testGpu.name}`);
      assert.deepEqual(warningsOf(first), []);
      isRight(first);
      const before = gpu.on('cpu').length;
      isRight(await explain({ ...params, seed: 0 }));
      assert.equal(gpu.on('cpu').length, before, 'the second time the CPU has nothing to do');
    });

    it(`${params.method} goes on where the device is lost in mid-run, with what it has, and stays away from it`, async () => {
      const { gpu, explain } = withExplain(bench({ run: ({ device, number }) => { if (device !== 'cpu' && number > 2) deviceLost(); } }));
      const outcome = await explain(params);
      fellBack(outcome, /WebGPU on Test GPU was lost \(Device is lost/);
      assert.equal(gpu.on('webgpu').length, 3, 'after the loss it is not asked again');
      const { sessions } = gpu;
      const again = await explain({ method: 'saliency' });
      assert.equal(again.result.record.device.id, 'cpu');
      assert.match(again.result.record.warnings.join('\n'), /WebGPU cannot be used \(was lost/);
      assert.equal(gpu.sessions, sessions, 'in this process the device is not tried again');
    });
  }

  it('a driver that is gone when the session is made', async () => {
    const outcome = await withExplain(bench({ create: (device) => { if (device !== 'cpu') throw new Error('Failed to get a WebGPU adapter: No supported adapters'); } })).explain(gradients);
    fellBack(outcome, /WebGPU on Test GPU cannot be used \(Failed to get a WebGPU adapter: No supported adapters\): the CPU goes on/);
  });

  it('a device that cannot be proven: said where it was asked for, no news with auto', async () => {
    const { explain } = withExplain(bench({}, { prove: async () => ({ reason: 'the driver crashed (signal SIGSEGV)' }) }));
    fellBack(await explain(gradients), /WebGPU cannot be used \(the driver crashed \(signal SIGSEGV\)\): the CPU is used/);
    const auto = await explain({ ...gradients, device: 'auto' });
    assert.deepEqual([auto.result.record.device.id, auto.result.record.warnings, auto.changes], ['cpu', [], []]);
  });

  it('an op that the device does not have', async () => {
    const outcome = await withExplain(bench({ run: ({ device }) => { if (device !== 'cpu') throw new Error('MaxPool with Indices is not supported'); } })).explain(masks);
    fellBack(outcome, /WebGPU on Test GPU cannot run this model \(MaxPool with Indices is not supported\)/);
  });

  it('too little memory for a batch: smaller batches, the same device', async () => {
    const { gpu, explain } = withExplain(bench({ run: ({ device, rows }) => { if (device !== 'cpu' && rows > 4) throw new Error('Out of memory: failed to create buffer'); } }));
    const outcome = await explain(masks);
    assert.equal(outcome.result.record.device.id, 'webgpu');
    assert.deepEqual(warningsOf(outcome), []);
    isRight(outcome);
    const ran = gpu.on('webgpu').map(({ rows }) => rows);
    assert.ok(ran.filter((rows) => rows > 4).length <= 4, `sizes that did not fit are not tried again: ${ran.join(' ')}`);
    assert.ok(ran.filter((rows) => rows === 4).length >= 40);
  });

  it('too little memory for one sample: the next device', async () => {
    const outcome = await withExplain(bench({ run: ({ device }) => { if (device !== 'cpu') throw new Error('VK_ERROR_OUT_OF_DEVICE_MEMORY'); } })).explain(gradients);
    fellBack(outcome, /has too little memory for this model \(VK_ERROR_OUT_OF_DEVICE_MEMORY\)/);
  });

  it('a wrong result is found at the first run, and never used', async () => {
    const { gpu, explain } = withExplain(bench({ results: (results, { device }) => {
      if (device === 'cpu') return;
      for (const tensor of Object.values(results)) (tensor.data as Float32Array).reverse();
    } }));
    fellBack(await explain(gradients), /computes something else than the CPU for this model/);
    const runs = gpu.on('webgpu').length;
    assert.equal(runs, 1);
    assert.match((await explain(masks)).result.record.warnings.join(), /computes something else than the CPU for this model/);
    assert.equal(gpu.on('webgpu').length, runs, 'the model is not run there again');
  });

  it('a wrong gradient behind a right score', async () => {
    const { explain } = withExplain(bench({ results: (results, { device }) => {
      if (device === 'cpu') return;
      for (const tensor of Object.values(results)) if (tensor.dims.length === 4) (tensor.data as Float32Array).fill(0, 0, 2000);
    } }));
    fellBack(await explain(gradients), /computes something else than the CPU for this model \('gradient of image' (?:differs by up to|points elsewhere)/);
  });

  it('batches that come back as zeros, as where memory ends without a word: smaller ones', async () => {
    const { gpu, explain } = withExplain(bench({
      // Batches grow where a run takes as long however large it is.
      run: ({ device }) => { if (device !== 'cpu') busy(30); },
      results: (results, { device, rows }) => {
        if (device === 'cpu' || rows <= 16) return;
        for (const tensor of Object.values(results)) (tensor.data as Float32Array).fill(0);
      },
    }));
    const outcome = await explain({ ...masks, parameters: { nSamples: 400 } });
    assert.equal(outcome.result.record.device.id, 'webgpu');
    assert.deepEqual(warningsOf(outcome), []);
    assert.ok(gpu.on('webgpu').some(({ rows }) => rows > 16), 'larger batches were tried');
    const right = await withExplain(bench()).explain({ ...masks, parameters: { nSamples: 400 }, device: 'cpu' });
    const [found, wanted] = [outcome, right].map(({ attribution }) => attribution.values!.data);
    wanted!.forEach((value, index) => assert.ok(Math.abs(value - found![index]!) < 1e-4));
  });

  it('a run that comes back as zeros after others were right', async () => {
    const { gpu, explain } = withExplain(bench({ results: (results, { device, number }) => {
      if (device !== 'cpu' && number === 5) for (const tensor of Object.values(results)) (tensor.data as Float32Array).fill(0);
    } }));
    const outcome = await explain(masks);
    assert.equal(outcome.result.record.device.id, 'webgpu');
    isRight(outcome);
    assert.ok(gpu.on('webgpu').length > 5);
  });

  it('a model that draws random numbers is not called wrong', async () => {
    let drawn = 0;
    const shake: Faults['results'] = (results) => { for (const tensor of Object.values(results)) (tensor.data as Float32Array)[0]! += ++drawn; };
    const outcome = await withExplain(bench({ results: shake })).explain({ method: 'saliency' });
    assert.equal(outcome.result.record.device.id, 'webgpu');
  });
});

/** But for those about ops that a GPU leaves to the CPU: its stand-in leaves all of them. */
function warningsOf({ result }: Outcome): string[] {
  return result.record.warnings.filter((warning) => !warning.includes('nodes ran on the CPU beside'));
}

function withExplain(bench: Bench): { readonly gpu: StandIn; explain(params: Parameters<Bench['explain']>[0]): Promise<Outcome> } {
  return { gpu: bench.gpu, explain: (params) => bench.explain(params) };
}
