import assert from 'node:assert/strict';
import { rankAgreement, strengths, strengthsOf, topOverlap } from '../../../src/metrics/agreement';
import { completeness } from '../../../src/metrics/axiomatic/completeness';
import { gini } from '../../../src/metrics/complexity/sparseness';
import { deletion } from '../../../src/metrics/faithfulness/deletion';
import { describeMetric, measure, standing, type Figure } from '../../../src/metrics/figure';
import { massInMask } from '../../../src/metrics/localisation/massInMask';
import { pointingGame } from '../../../src/metrics/localisation/pointingGame';
import { parameterRandomisation } from '../../../src/metrics/randomisation/parameterRandomisation';
import { byFallingValue, isConstant } from '../../../src/metrics/ranking';
import { edgeCandidate, edgeCells, randomCandidate, randomCells, smoothness } from '../../../src/metrics/references';
import { findMetric, metrics } from '../../../src/metrics/registry';
import { maxSensitivity } from '../../../src/metrics/robustness/maxSensitivity';
import { judge } from '../../../src/metrics/verdict';
import { gaussianBlur } from '../../../src/tensor/resample';
import { Random } from '../../../src/tensor/random';
import { spearman } from '../../../src/tensor/statistics';
import { floatTensor } from '../../../src/tensor/tensor';
import { linearModel, row, sessions } from '../methods/tinyModels';
import { candidate, linearPicture, picture, subjectOf, value } from './support';

const close = (actual: number, expected: number, tolerance = 1e-6): void => assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`);

describe('metrics', () => {
  after(() => sessions.releaseAll());
  const file = linearModel([[1, 1]], [0]), table = subjectOf(file, row(1, 2));

  it('each say what they are, and are found by their id', () => {
    assert.equal(new Set(metrics.map(({ id }) => id)).size, metrics.length);
    for (const metric of metrics) {
      assert.equal(findMetric(metric.id), metric);
      assert.match(metric.about, /\.$/);
    }
  });

  describe('max-sensitivity', () => {
    it('is 0 for a map that does not move, and the relative change otherwise', async () => {
      const still = row(3, 4);
      assert.equal((await value(maxSensitivity, table, candidate(still, { again: async () => still }))).value, 0);
      const tensors = { perturbations: floatTensor([2, 2], Float32Array.of(0, 1, 0, 2)) };
      // The map is the input itself: ‖(0, 2)‖ / ‖(1, 2)‖ at the larger of the two.
      const moving = await value(maxSensitivity, { ...table, tensors }, candidate(row(1, 2), { again: async (input) => floatTensor([1, 2], input) }));
      close(moving.value, 2 / Math.sqrt(5));
    });

    it('divides by 1 where the map is zero, as captum does', async () => {
      close((await value(maxSensitivity, table, candidate(row(0, 0), { again: async () => row(3, 4) }))).value, 5);
    });

    it('draws noise within 2 % of the range, the same for the same seed', async () => {
      const seen: number[][] = [];
      const again = async (input: Float32Array) => { seen.push([...input]); return row(1, 1); };
      await value(maxSensitivity, table, candidate(row(1, 1), { again }));
      await value(maxSensitivity, table, candidate(row(1, 1), { again }));
      assert.equal(seen.length, 20);
      assert.deepEqual(seen.slice(10), seen.slice(0, 10));
      assert.ok(seen.every(([a, b]) => Math.abs(a! - 1) <= 0.02001 && Math.abs(b! - 2) <= 0.02001));
    });
  });

  describe('parameter randomisation', () => {
    const side = 8, own = picture(side, side, Array.from({ length: side * side }, (_, cell) => Math.sin(cell * cell)));
    const subject = subjectOf(linearPicture([new Array<number>(side * side).fill(1)], side, side), own, { randomStages: 3 });

    it('is 1 for a map that never changes and about 0 for one drawn anew', async () => {
      const same = await value(parameterRandomisation, subject, candidate(own, { underRandomWeights: async () => own }));
      same.curve!.y.forEach((similar) => close(similar, 1));
      const random = await value(parameterRandomisation, subject, candidate(own, { underRandomWeights: async (stage, draw) => picture(side, side, randomCells(own.data, undefined, new Random(10 * draw + stage))) }));
      assert.ok(Math.abs(random.value) < 0.25);
    });

    it('finds nothing in common with a map that went blank, but with two that are blank', async () => {
      const blank = picture(side, side, new Float32Array(side * side));
      assert.equal((await value(parameterRandomisation, subject, candidate(own, { underRandomWeights: async () => blank }))).value, 0);
      close((await value(parameterRandomisation, subject, candidate(blank, { underRandomWeights: async () => blank }))).value, 1);
    });

    it('does not look at signs, and says why where weights cannot be replaced', async () => {
      const opposite = picture(side, side, own.data.map((item) => -item));
      close((await value(parameterRandomisation, subject, candidate(own, { underRandomWeights: async () => opposite }))).value, 1);
      assert.equal(parameterRandomisation.applies({ ...subject, randomStages: 0, notRandomised: 'No weights.' }).reason, 'No weights.');
    });
  });

  it('sparseness: 0 where all are equal or nothing is there, (n − 1)/n where one has all', () => {
    assert.equal(gini(Float32Array.of(2, 2, 2, 2)), 0);
    assert.equal(gini(new Float32Array(4)), 0);
    close(gini(Float32Array.of(0, 0, -5, 0)), 0.75);
    close(gini(Float32Array.of(1, 2, 3, 4)), 0.25);
  });

  describe('localisation', () => {
    const side = 30, subject = subjectOf(linearPicture([new Array<number>(side * side).fill(1)], side, side), picture(side, side, new Float32Array(side * side)));
    const mask = new Uint8Array(side * side);
    for (let y = 10; y < 20; y++) for (let x = 10; x < 20; x++) mask[y * side + x] = 1;
    const point = (x: number, y: number) => candidate(picture(side, side, Float32Array.from({ length: side * side }, (_, cell) => Number(cell === y * side + x))));

    it('a point hits on the mask and up to 15/224 of the side beside it', async () => {
      const masked = { ...subject, mask };
      assert.equal((await value(pointingGame, masked, point(12, 15))).value, 1);
      assert.equal((await value(pointingGame, masked, point(8, 15))).value, 1);
      assert.equal((await value(pointingGame, masked, point(7, 15))).value, 0);
      assert.equal((await value(pointingGame, masked, point(0, 0))).value, 0);
    });

    it('weight counts where it is positive', async () => {
      const cells = new Float32Array(side * side);
      cells[10 * side + 10] = 3;
      cells[0] = 1;
      cells[1] = -50;
      const { value: share, details } = await value(massInMask, { ...subject, mask }, candidate(picture(side, side, cells)));
      assert.equal(share, 0.75);
      close(details!.area!, 100 / 900);
      assert.equal((await value(massInMask, { ...subject, mask }, candidate(picture(side, side, new Float32Array(side * side))))).value, 0);
    });

    it('need a mask that tells something', () => {
      assert.match(pointingGame.applies(subject).reason!, /needs a mask/);
      assert.match(massInMask.applies({ ...subject, mask: new Uint8Array(side * side) }).reason!, /covers nothing/);
      assert.match(massInMask.applies({ ...subject, mask: new Uint8Array(side * side).fill(1) }).reason!, /covers everything/);
    });
  });

  it('completeness is told by the method itself; other maps are brought to its size', async () => {
    const attributions = row(3, 1), subject = { ...table, attributions, checks: [{ id: 'completenessDelta', value: -1, ok: false, message: '' }] };
    // Σ = 4 misses a change of 5 by −1.
    close((await value(completeness, subject, candidate(attributions))).value, 0.2);
    close((await value(completeness, subject, candidate(row(-1, -1), { kind: 'random' }))).value, 9 / 5);
    assert.match(completeness.applies(table).reason!, /does not claim/);
  });

  describe('ranking', () => {
    it('puts high values first, what is no number last, and equal ones in an order of the seed', () => {
      assert.deepEqual([...byFallingValue(Float32Array.of(1, NaN, 3, -2), 0)], [2, 0, 3, 1]);
      const flat = new Float32Array(50);
      assert.deepEqual(byFallingValue(flat, 1), byFallingValue(flat, 1));
      assert.notDeepEqual(byFallingValue(flat, 1), byFallingValue(flat, 2));
      assert.notDeepEqual([...byFallingValue(flat, 1)], [...flat.keys()]);
      assert.ok(isConstant(flat) && isConstant([]) && !isConstant([1, 2]));
    });
  });

  describe('maps beside it', () => {
    const side = 48, shape = { layout: 'NCHW' as const, channels: 1, width: side, height: side };
    const noise = (seed: number): Float32Array => { const random = new Random(seed); return Float32Array.from({ length: side * side }, () => random.normal()); };

    it('are as smooth as the map', () => {
      assert.equal(smoothness(noise(1), shape), 0);
      for (const sigma of [1.5, 4]) {
        const found = smoothness(gaussianBlur(noise(2), side, side, sigma), shape);
        assert.ok(found > 0.6 * sigma && found < 1.5 * sigma, `${found} for ${sigma}`);
      }
      assert.equal(smoothness(new Float32Array(side * side), shape), 0);
    });

    it('are drawn from the seed, positive where the map is', () => {
      const map = candidate(picture(side, side, noise(3).map(Math.abs))), subject = subjectOf(linearPicture([[...noise(4)]], side, side), picture(side, side, noise(5)));
      const first = randomCandidate(subject, map, 0);
      assert.deepEqual(randomCandidate(subject, map, 0).cells, first.cells);
      assert.ok(Math.abs(spearman(randomCandidate(subject, map, 1).cells, first.cells)) < 0.1);
      assert.ok(first.cells.every((item) => item >= 0));
    });

    it('edges lie where the picture changes, on every side alike', async () => {
      const step = Float32Array.from({ length: 16 }, (_, cell) => Number(cell % 4 >= 2));
      const cells = edgeCells(step, { layout: 'NCHW', channels: 1, width: 4, height: 4 });
      assert.deepEqual([...cells], Array.from({ length: 16 }, (_, cell) => (cell % 4 === 1 || cell % 4 === 2 ? 4 : 0)));
      const subject = subjectOf(linearPicture([new Array<number>(16).fill(1)], 4, 4), picture(4, 4, step));
      const edges = edgeCandidate(subject)!;
      assert.deepEqual(edges.cells, cells);
      assert.deepEqual((await edges.again(new Float32Array(16), 0)).data, new Float32Array(16));
      assert.equal(edgeCandidate(table), undefined);
    });
  });

  it('agreement: by rank and by the strongest tenth', () => {
    const a = Float32Array.from({ length: 40 }, (_, cell) => cell), b = a.map((item) => -item);
    assert.equal(rankAgreement(a, a), 1);
    assert.equal(rankAgreement(a, b), -1);
    assert.equal(rankAgreement(a, new Float32Array(40)), 0);
    assert.equal(topOverlap(a, a), 1);
    assert.equal(topOverlap(a, b), 0);
    assert.equal(topOverlap(a, a.map((item, cell) => (cell >= 38 ? 0 : item))), 0.5);
    assert.deepEqual([...strengths(Float32Array.of(-2, NaN, 3, Infinity))], [2, 0, 3, 0]);
    const interleaved = strengthsOf({ cells: 2, shape: { layout: 'NHWC', channels: 2, width: 2, height: 1 } }, floatTensor([1, 1, 2, 2], Float32Array.of(1, -2, 3, 4)));
    assert.deepEqual([...interleaved], [3, 7]);
  });

  describe('a figure', () => {
    it('stands beside maps drawn at random and the edges', async () => {
      const side = 10, weights = Array.from({ length: side * side }, (_, cell) => Number(cell === 44 || cell === 45));
      const x = picture(side, side, new Float32Array(side * side).fill(1)), subject = subjectOf(linearPicture([weights], side, side), x);
      const shares: number[] = [], run = measure(deletion, subject, candidate(picture(side, side, weights)));
      let step = await run.next();
      for (; !step.done; step = await run.next()) shares.push(step.value);
      const figure = step.value;
      assert.equal(figure.againstRandom, 'better');
      assert.equal(figure.randomDraws!.length, 3);
      assert.equal(figure.curves!.random!.y.length, figure.curves!.edges!.y.length);
      assert.ok(shares.every((share, index) => share > 0 && share <= 1 && (index === 0 || share >= shares[index - 1]!)));
    });

    it('is clearly better or worse only beyond 2 %, against every draw', () => {
      assert.equal(standing({ better: 'lower' }, 0.5, [0.6, 0.7]), 'better');
      assert.equal(standing({ better: 'lower' }, 0.5, [0.6, 0.4]), 'same');
      assert.equal(standing({ better: 'higher' }, 0.5, [0.6, 0.7]), 'worse');
      assert.equal(standing({ better: 'higher' }, 1, [0.99]), 'same');
      assert.equal(standing({ better: 'higher' }, 0, [0]), 'same');
    });
  });

  describe('the verdict', () => {
    const figure = (id: string, over: Partial<Figure>): Figure => ({ ...describeMetric(findMetric(id)!), value: 0.2, details: {}, milliseconds: 1, ...over });
    const beaten = ['deletion', 'insertion', 'infidelity', 'road'].map((id) => figure(id, { againstRandom: 'better', againstEdges: 'better' }));

    it('is good where the map beats random ones and depends on the weights', () => {
      const { level, reasons } = judge([...beaten, figure('parameter-randomisation', { passes: true })]);
      assert.equal(level, 'good');
      assert.deepEqual(reasons.map(({ speaks, values }) => [speaks, ...values]), [['for', 4, 4], ['for', 4, 4], ['for']]);
    });

    it('is poor where the randomised-model check fails, whatever else is good', () => {
      const { level, reasons } = judge([...beaten, figure('parameter-randomisation', { passes: false })]);
      assert.equal(level, 'poor');
      assert.match(reasons.at(-1)!.text, /Fails the randomised-model check/);
    });

    it('is poor where most random maps do as well, mixed in between, unknown without figures', () => {
      const same = beaten.map((item) => ({ ...item, againstRandom: 'same' as const }));
      assert.equal(judge(same).level, 'poor');
      assert.equal(judge([...same.slice(0, 2), ...beaten.slice(2)]).level, 'mixed');
      assert.equal(judge([]).level, 'unknown');
      assert.equal(judge([...beaten, figure('max-sensitivity', { passes: false, value: 2 })]).level, 'mixed');
    });
  });
});
