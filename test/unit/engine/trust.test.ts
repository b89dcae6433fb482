/** Figures of trust through the engine: on the samples, whose deciding object is known, and on hand-made models. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { encodePng } from '../../../src/data/image/encode';
import { Engine } from '../../../src/engine/engine';
import { agreement } from '../../../src/engine/jobs/agreement';
import { explain } from '../../../src/engine/jobs/explain';
import { trust } from '../../../src/engine/jobs/trust';
import { maskCells } from '../../../src/engine/mask';
import { RandomisedWeights } from '../../../src/engine/randomised';
import { Turns } from '../../../src/engine/turns';
import type { ExplainParams } from '../../../src/protocol/engine';
import type { TrustProgress } from '../../../src/protocol/trust';
import { readInitializer } from '../../../src/formats/readTensor';
import type { Initializer, ModelFile } from '../../../src/graph/graph';
import { toFloat32 } from '../../../src/tensor/convert';

const root = path.resolve(__dirname, '../../..');
const sample = (name: string): string => path.join(root, 'samples', name);
const signal = new AbortController().signal;
const rootMeanSquare = (values: Float32Array): number => Math.sqrt(values.reduce((total, value) => total + value * value, 0) / values.length);
const quiet = { signal, progress: () => undefined };
const valuesOf = async (init: Initializer): Promise<Float32Array> => toFloat32(await readInitializer(init));
const car: ExplainParams = { model: sample('models/scenes.onnx'), inputs: { '': sample('pictures/car_1.png') }, method: 'grad-cam', device: 'cpu' };

describe('engine/trust', function () {
  this.timeout(60_000);
  let engine: Engine;
  before(() => { engine = new Engine(path.join(root, 'src/engine/main.ts')); });
  after(() => engine.close());

  it('measures one figure after the other and ends in a verdict', async () => {
    const seen: TrustProgress[] = [];
    const { figures, skipped, verdict } = await trust(engine, { ...car, mask: sample('masks/car_1.png') }, { signal, progress: (value) => seen.push(value) });
    const planned = seen[0]!;
    assert.ok(planned.type === 'planned');
    assert.deepEqual(planned.metrics.map(({ id }) => id), figures.map(({ id }) => id));
    assert.deepEqual(seen.flatMap((value) => (value.type === 'figure' ? [value.figure.id] : [])), figures.map(({ id }) => id));
    assert.deepEqual(skipped.map(({ id }) => id), ['completeness']);
    assert.equal(verdict.level, 'good');
    const of = (id: string) => figures.find((figure) => figure.id === id)!;
    assert.equal(of('pointing-game').value, 1);
    assert.ok(of('mass-in-mask').value > 2 * of('mass-in-mask').details.area!);
    assert.equal(of('deletion').againstRandom, 'better');
    assert.equal(of('parameter-randomisation').passes, true);
    assert.ok(Math.abs(of('parameter-randomisation').edges! - 1) < 1e-6);
  });

  it('guided backpropagation fails the randomised-model check, saliency and Grad-CAM pass', async () => {
    const similar = async (method: string): Promise<number> => (await trust(engine, { ...car, method, metrics: ['parameter-randomisation'] }, quiet)).figures[0]!.value;
    const [guided, saliency, cam] = [await similar('guided-backprop'), await similar('saliency'), await similar('grad-cam')];
    assert.ok(guided > 0.5 && saliency < 0.45 && cam < 0.45, `${guided} ${saliency} ${cam}`);
  });

  it('gives the same figures again, and takes the map that explain made', async () => {
    const params = { ...car, method: 'smoothgrad', metrics: ['deletion', 'infidelity', 'sparseness'] };
    const strip = async () => (await trust(engine, params, quiet)).figures.map(({ milliseconds: _, ...rest }) => rest);
    const first = await strip();
    const { attribution } = await explain(engine, { ...car, method: 'smoothgrad' }, quiet);
    assert.deepEqual(await strip(), first);
    // A kept attribution is what is measured: another one in its place gives other figures.
    attribution.values!.data.fill(1);
    assert.equal((await trust(engine, { ...params, metrics: ['sparseness'] }, quiet)).figures[0]!.value, 0);
  });

  it('names figures that do not exist, and refuses what has no map', async () => {
    await assert.rejects(trust(engine, { ...car, metrics: ['deletion', 'taste'] }, quiet), /figure 'taste': not found, expected one of completeness/);
    await assert.rejects(trust(engine, { ...car, method: 'prediction' }, quiet), /no value for every part of the input/);
  });

  it('stops between two runs when it is cancelled', async () => {
    const controller = new AbortController();
    const run = trust(engine, car, { signal: controller.signal, progress: (value) => { if (value.type === 'running' && value.metric === 'deletion') controller.abort(); } });
    const started = Date.now();
    await assert.rejects(run);
    assert.ok(controller.signal.aborted && Date.now() - started < 30_000);
  });

  it('measures rows of tables without what needs a picture', async () => {
    const rows = path.join(os.tmpdir(), `lens-trust-${process.pid}.csv`), iris = path.resolve(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'), 'pack/onnx/iris_torch_mlp.onnx');
    if (!fs.existsSync(iris)) return console.log('      (skipped: the shared pack is not there)');
    fs.writeFileSync(rows, 'a,b,c,d\n5.1,3.5,1.4,0.2\n');
    try {
      const { figures, skipped } = await trust(engine, { model: iris, inputs: { '': `${rows}#0` }, method: 'input-x-gradient', device: 'cpu' }, quiet);
      assert.ok(figures.some(({ id }) => id === 'deletion'));
      assert.ok(figures.every(({ edges }) => edges === undefined));
      assert.match(skipped.find(({ id }) => id === 'road')!.reason, /takes a picture/);
    } finally {
      fs.rmSync(rows);
    }
  });

  it('agreement: row by row, with itself 1, symmetric in what it compares', async () => {
    const rows: string[] = [], { method: _, ...about } = car;
    const result = await agreement(engine, { ...about, methods: ['saliency', 'input-x-gradient', 'prediction', 'grad-cam'] }, { signal, progress: ({ method }) => rows.push(method) });
    assert.deepEqual(rows, ['saliency', 'input-x-gradient', 'prediction', 'grad-cam']);
    assert.deepEqual(result[0]!.rank, [1]);
    assert.ok(result[1]!.rank[0]! > 0.5 && result[1]!.overlap[0]! > 0.3);
    assert.match(result[2]!.reason!, /no map/);
    assert.deepEqual(result[3]!.rank[2], null);
    assert.equal(result[3]!.rank[3], 1);
  });

  describe('random weights', () => {
    let weights: RandomisedWeights, model: ModelFile;
    before(async () => {
      const { runnable, inference } = await engine.models.open(car.model);
      model = runnable;
      weights = new RandomisedWeights(runnable, inference, runnable.graph.outputs[0]!.name, 1);
    });

    it('come layer by layer from the output side and stay', async () => {
      assert.equal(weights.layerCount, 5);
      assert.deepEqual(Array.from({ length: weights.stages }, (_, k) => weights.layersAt(k + 1)), [1, 2, 3, 4, 5]);
      const drawnAt = async (stage: number): Promise<string[]> => [...(await weights.at(stage, 0, signal)).graph.initializers.keys()].filter((name) => !model.graph.initializers.has(name));
      const [one, all] = [await drawnAt(1), await drawnAt(5)];
      assert.ok(one.every((name) => all.includes(name)));
      assert.ok(one.length >= 1 && all.length >= 5);
    });

    it('have the dims and the size of the weights they replace, and leave the original alone', async () => {
      const before = [...model.graph.initializers.keys()], random = await weights.at(5, 0, signal);
      for (const [name, drawn] of random.graph.initializers) {
        if (model.graph.initializers.has(name)) continue;
        const old = model.graph.initializers.get(name.replace(/\/random_*$/, ''))!;
        assert.ok(drawn.kind === 'inline');
        assert.deepEqual(drawn.dims, old.kind === 'ref' ? old.ref.dims : old.dims);
        const values = new Float32Array(drawn.bytes.slice().buffer);
        if (values.length > 1000) assert.ok(Math.abs(rootMeanSquare(values) / rootMeanSquare(await valuesOf(old)) - 1) < 0.1);
      }
      assert.deepEqual([...model.graph.initializers.keys()], before);
    });
  });

  it('a mask is laid over what the model sees', async () => {
    const file = path.join(os.tmpdir(), `lens-mask-${process.pid}.png`), data = new Uint8Array(8 * 4);
    for (let row = 0; row < 4; row++) for (let column = 4; column < 8; column++) data[row * 8 + column] = 255;
    fs.writeFileSync(file, await encodePng({ width: 8, height: 4, channels: 1, data }));
    try {
      const shape = { layout: 'NCHW' as const, channels: 3, width: 4, height: 4 };
      const frame = { sourceWidth: 80, sourceHeight: 40, left: 20, top: 0, width: 40, height: 40 };
      // The crop shows the middle: its right half is white.
      assert.deepEqual([...await maskCells(file, shape, frame)], Array.from({ length: 16 }, (_, cell) => Number(cell % 4 >= 2)));
      await assert.rejects(maskCells(file, shape, { ...frame, sourceHeight: 80 }), /mask is 8×4, the picture 80×80/);
      await assert.rejects(maskCells(file, undefined, frame), /laid over a picture/);
    } finally {
      fs.rmSync(file);
    }
  });

  it('work in the background waits while somebody waits', async () => {
    const turns = new Turns(), order: string[] = [];
    let finish = (): void => undefined;
    const first = turns.first(() => new Promise<void>((resolve) => { finish = resolve; })).then(() => order.push('answered'));
    const background = turns.quiet(signal).then(() => order.push('background'));
    await new Promise((resolve) => { setTimeout(resolve, 20); });
    assert.deepEqual(order, []);
    finish();
    await Promise.all([first, background]);
    assert.deepEqual([...order].sort(), ['answered', 'background']);
    const controller = new AbortController(), held = turns.first(() => new Promise<void>((resolve) => { finish = resolve; }));
    const waiting = turns.quiet(controller.signal);
    controller.abort();
    await assert.rejects(waiting, { code: 'cancelled' });
    finish();
    await held;
  });
});
