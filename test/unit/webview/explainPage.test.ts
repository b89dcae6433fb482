import assert from 'node:assert/strict';
import type { ExplainResult, MethodInfo } from '../../../src/protocol/engine';
import type { ExplainWishes } from '../../../src/protocol/webview';
import { adviceOn, isFlat } from '../../../src/webview/explain/advice';
import { estimateWords } from '../../../src/webview/explain/estimateWords';
import { placeAt, placePicture } from '../../../src/webview/explain/panes';
import { classWish, wishFor } from '../../../src/webview/explain/targetWish';

type Check = ExplainResult['record']['checks'][number];

function result(values: readonly number[], over: { space?: string; score?: number; checks?: readonly Check[]; parameters?: ExplainResult['record']['parameters']; layer?: string; margin?: number } = {}): ExplainResult {
  const score = (index: number, label: string) => ({ index, label, probability: 0.4, logit: 1, value: 1 });
  return {
    map: { width: values.length, height: 1, values: Float32Array.from(values), signed: values.some((value) => value < 0) },
    record: {
      modelLens: '0', method: 'saliency', preset: 'captum', parameters: over.parameters ?? {}, chosen: {}, seed: 0, model: { file: 'm', format: 'onnx', sha256: '' }, inputs: {}, input: 'x', preprocessing: [],
      target: { output: 'y', index: 1, label: 'cat', space: over.space ?? 'logit', score: over.score ?? 3 }, ...(over.layer !== undefined && { layer: over.layer }),
      prediction: { output: 'y', kind: 'probabilities', classes: 3, top: [score(1, 'cat'), score(2, 'dog')], entropy: 1, margin: over.margin ?? 0.5, labelSource: null },
      checks: over.checks ?? [], device: { id: 'cpu', available: true, detail: '' }, runtime: { id: 'onnxruntime' }, timings: {}, versions: {}, warnings: [],
    },
  } as ExplainResult;
}

const method = (id: string, applies = true): MethodInfo => ({ id, title: id, question: '', group: 'where-it-looks', source: '', hasLayer: false, hasMap: true, parameters: [], presets: {}, applies });
const advice = (given: ExplainResult, wishes: Partial<ExplainWishes> = {}, layers: readonly string[] = []) =>
  adviceOn({ result: given, wishes: { method: 'saliency', ...wishes }, methods: [method('saliency'), method('integrated-gradients'), method('occlusion', false)], layers });

describe('advice beside a map', () => {
  it('is silent where the map speaks for itself', () => {
    assert.deepEqual(advice(result([0, 1, 2])), []);
  });

  it('knows a flat map: the same up to rounding, zero, or no numbers at all', () => {
    for (const values of [[0, 0], [1, 1 + 1e-6], [NaN, NaN]]) assert.ok(isFlat({ values: Float32Array.from(values) }), String(values));
    assert.ok(!isFlat({ values: Float32Array.of(0, 1e-20) }));
  });

  it('leads from a saturated probability to the logit, keeping the contrast', () => {
    const [flat] = advice(result([0, 0], { space: 'probability', score: 1 }), { target: { class: '1-2', space: 'probability' }, targetClass: 1 });
    assert.equal(flat!.id, 'flat');
    assert.deepEqual(flat!.actions[0]!.change, { targetClass: 1, target: { class: '1-2' } });
    assert.deepEqual(flat!.actions.slice(1).map(({ change }) => change), [{ method: 'integrated-gradients' }], 'only methods that apply');
    assert.equal(advice(result([0, 1], { space: 'probability', score: 0.999 }))[0]!.id, 'saturated');
    assert.deepEqual(advice(result([0, 1], { space: 'probability', score: 0.9 })), []);
  });

  it('offers another layer, or what speaks against it', () => {
    assert.deepEqual(advice(result([0, 0], { layer: 'b' }), {}, ['a', 'b'])[0]!.actions[0]!.change, { layer: 'a' });
    const against = advice(result([0, 0], { layer: 'b', parameters: { relu: true, scaling: 'none' }, checks: [{ id: 'maxAbsMap', value: 2, ok: false, message: '' }] }), { parameters: { scaling: 'none' } }, ['a', 'b'])[0]!;
    assert.equal(against.id, 'againstOnly');
    assert.deepEqual(against.actions.map(({ change }) => change), [{ parameters: { scaling: 'none', relu: false } }]);
  });

  it('offers more steps and more draws, no more than there may be', () => {
    const check = (id: string): Check => ({ id, value: 1, ok: false, message: '' });
    const steps = (parameters: ExplainResult['record']['parameters']) => advice(result([0, 1], { parameters, checks: [check('completenessDelta')] }))[0]?.actions[0]?.change.parameters;
    assert.deepEqual(steps({ nSteps: 50 }), { nSteps: 200 });
    assert.deepEqual(steps({ nSteps: 0, maxSteps: 128 }), { maxSteps: 512 });
    assert.equal(steps({ nSteps: 10_000 }), undefined);
    assert.deepEqual(advice(result([0, 1], { parameters: { nSamples: 5 }, checks: [check('standardError')] }))[0]!.actions[0]!.change.parameters, { nSamples: 20 });
  });

  it('offers to compare two classes that are nearly as likely', () => {
    assert.deepEqual(advice(result([0, 1], { margin: 0.05 }))[0]!.actions[0]!.change, { targetClass: 1, target: { class: '1-2' } });
    assert.deepEqual(advice(result([0, 1], { margin: 0.05 }), { target: { class: '1-2' } }), []);
  });
});

describe('what is asked for', () => {
  it('reads back what it wrote, and leaves to others what is more than classes', () => {
    for (const wish of [{}, { index: 3 }, { index: 3, against: 5 }, { index: 3, space: 'probability' }, { index: 3, against: 5, space: 'output', output: 'b' }, { output: 'b' }] as const) assert.deepEqual(classWish(wishFor(wish)), wish);
    assert.equal(classWish({ target: { class: 'sum(y)' } }), undefined);
    assert.deepEqual(wishFor({ index: 3, against: 3 }), { targetClass: 3, target: undefined });
  });

  it('times are said as roughly as they are known', () => {
    assert.equal(estimateWords(undefined), '');
    assert.equal(estimateWords({ ms: 20, from: 'counted' }), 'under 0.1 s');
    assert.equal(estimateWords({ ms: 3240, from: 'measured' }), 'about 3 s');
    assert.equal(estimateWords({ ms: 12_340, from: 'most' }), 'up to 12 s');
    assert.equal(estimateWords({ ms: 150_000, from: 'counted' }), 'about 2.5 min');
  });
});

describe('places of the picture', () => {
  it('two stand as they become largest, apart, and within the room', () => {
    const wide = placePicture({ width: 1000, height: 400 }, { width: 100, height: 100 }, 2), tall = placePicture({ width: 400, height: 1000 }, { width: 100, height: 100 }, 2);
    assert.equal(wide[0]!.top, wide[1]!.top);
    assert.equal(tall[0]!.left, tall[1]!.left);
    assert.ok(wide[1]!.left >= wide[0]!.left + 100 * wide[0]!.scale + 10);
    assert.ok(wide[0]!.left >= 16 && wide[1]!.left + 100 * wide[1]!.scale <= 984);
  });

  it('a point belongs to the nearest', () => {
    const size = { width: 100, height: 100 }, places = placePicture({ width: 1000, height: 400 }, size, 2);
    assert.equal(placeAt(places, size, 0, 0), places[0]);
    assert.equal(placeAt(places, size, 999, 399), places[1]);
    assert.equal(placeAt([], size, 1, 1), undefined);
  });
});
