import assert from 'node:assert/strict';
import { area } from '../../../src/metrics/faithfulness/curves';
import { deletion } from '../../../src/metrics/faithfulness/deletion';
import { drawSet, faithfulnessCorrelation } from '../../../src/metrics/faithfulness/faithfulnessCorrelation';
import { impute } from '../../../src/metrics/faithfulness/imputation';
import { infidelity, infidelityOf } from '../../../src/metrics/faithfulness/infidelity';
import { blurredInput, insertion, riseKernel } from '../../../src/metrics/faithfulness/insertion';
import { road } from '../../../src/metrics/faithfulness/road';
import { Random } from '../../../src/tensor/random';
import { linearModel, row, sessions } from '../methods/tinyModels';
import { candidate, linearPicture, picture, subjectOf, value } from './support';

const close = (actual: number, expected: number, tolerance = 1e-5): void => assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`);

describe('metrics/faithfulness', () => {
  after(() => sessions.releaseAll());

  describe('deletion and insertion', () => {
    const file = linearModel([[4, 3, 2, 1]], [0]), x = row(1, 1, 1, 1);

    it('are the areas under the steps of a linear model', async () => {
      const subject = subjectOf(file, x), map = candidate(row(4, 3, 2, 1));
      const lost = await value(deletion, subject, map);
      assert.deepEqual(lost.curve, { x: [0, 0.25, 0.5, 0.75, 1], y: [10, 6, 3, 1, 0] });
      close(lost.value, 3.75);
      // Inputs that are no pictures come back from zeros.
      close((await value(insertion, subject, map)).value, 6.25);
      close((await value(deletion, subject, candidate(row(1, 2, 3, 4)))).value, 6.25);
    });

    it('take the probability of a class, and the target as it is otherwise', async () => {
      const two = linearModel([[2], [0]], [0, 0]), one = row(1);
      const asClass = await value(deletion, subjectOf(two, one, { isClass: true, target: { output: 'y', index: 0, space: 'logit' } }), candidate(one));
      close(asClass.curve!.y[0]!, 1 / (1 + Math.exp(-2)));
      close(asClass.curve!.y[1]!, 0.5);
      close((await value(deletion, subjectOf(two, one), candidate(one))).curve!.y[0]!, 2);
    });

    it('give a map of equal values an order of its own, the same for the same seed', async () => {
      const subject = subjectOf(file, x), flat = candidate(row(0, 0, 0, 0));
      const first = await value(deletion, subject, flat);
      assert.deepEqual(await value(deletion, subject, flat), first);
      assert.deepEqual([first.curve!.y[0], first.curve!.y[4]], [10, 0]);
    });

    it('change whole pixels, and every pixel once', async () => {
      const side = 20, count = side * side, weights = Array.from({ length: count }, (_, cell) => cell % 7);
      const subject = subjectOf(linearPicture([weights], side, side), picture(side, side, new Float32Array(count).fill(1)));
      const { curve, details } = await value(deletion, subject, candidate(picture(side, side, weights)));
      assert.equal(details!.steps, 200, 'two pixels a step');
      assert.ok(curve!.y.every((score, step) => step === 0 || score <= curve!.y[step - 1]!));
      assert.equal(curve!.y.at(-1), 0);
      const beside = await value(deletion, subject, candidate(picture(side, side, weights), { kind: 'random' }));
      assert.equal(beside.details!.steps, 50);
      assert.ok(Math.abs(beside.value - (await value(deletion, subject, candidate(picture(side, side, weights)))).value) < 3);
    });

    it("blur with RISE's kernel", () => {
      const kernel = riseKernel();
      // scipy.ndimage.gaussian_filter(one in the middle of 11 × 11 zeros, 5): its middle row and a corner.
      const row5 = [0.008266488021, 0.00835464075, 0.008502951664, 0.00866431147, 0.00878632562, 0.008832628216];
      row5.forEach((weight, i) => close(kernel[5]! * kernel[i]!, weight, 1e-9));
      close(kernel[0]! * kernel[0]!, 0.007736635409, 1e-9);
      assert.deepEqual([...kernel].map((weight) => weight.toFixed(9)), [...kernel].reverse().map((weight) => weight.toFixed(9)));
      const side = 24, blurred = blurredInput(subjectOf(file, picture(side, side, new Float32Array(side * side).fill(2))));
      close(blurred[12 * side + 12]!, 2, 1e-4);
      assert.ok(blurred[0]! < 1, 'zeros beyond the edge');
    });

    it('count areas by trapezoids', () => {
      close(area([1, 0]), 0.5);
      close(area([1, 1, 1]), 1);
      close(area([1, 0, 0]), 0.25);
    });

    it('stop when they are cancelled', async () => {
      const controller = new AbortController(), subject = subjectOf(file, x, { signal: controller.signal });
      const run = deletion.compute(subject, candidate(x));
      controller.abort();
      await assert.rejects(run.next(), { name: 'AbortError' });
    });
  });

  describe('infidelity', () => {
    const file = linearModel([[1, -2, 3]], [5]), x = row(1, 2, 3);

    it('is 0 for the gradient of a linear model, at any scale when it is normalised', async () => {
      const exact = await value(infidelity, subjectOf(file, x), candidate(row(1, -2, 3)));
      close(exact.value, 0);
      close(exact.details!.plain!, 0);
      const scaled = await value(infidelity, subjectOf(file, x), candidate(row(10, -20, 30)));
      close(scaled.value, 0, 1e-4);
      assert.ok(scaled.details!.plain! > 0.01);
      assert.equal(scaled.details!.samples, 10);
    });

    it('is the whole change for a map of zeros', async () => {
      const none = await value(infidelity, subjectOf(file, x), candidate(row(0, 0, 0)));
      assert.ok(none.value > 0);
      close(none.details!.unexplained!, 1);
    });

    it('follows captum in both forms', () => {
      // β = (1·2 + 2·2) / (1 + 4) = 1.2; Σ (βp − h)² = 0.64 + 0.16; Σ (p − h)² = 1 + 0.
      const { value: normalised, details } = infidelityOf([1, 2], [2, 2]);
      close(normalised, 0.4);
      close(details!.plain!, 0.5);
      assert.equal(infidelityOf([0, 0], [0, 0]).details!.unexplained, 0);
    });
  });

  describe('faithfulness correlation', () => {
    const side = 4, weights = Array.from({ length: side * side }, (_, cell) => cell - 5);
    const subject = subjectOf(linearPicture([weights], side, side), picture(side, side, new Float32Array(side * side).fill(1)));

    it('is 1 for what cells really carry, −1 for the opposite, 0 for a flat map', async () => {
      close((await value(faithfulnessCorrelation, subject, candidate(picture(side, side, weights)))).value, 1, 1e-4);
      close((await value(faithfulnessCorrelation, subject, candidate(picture(side, side, weights.map((weight) => -weight))))).value, -1, 1e-4);
      assert.equal((await value(faithfulnessCorrelation, subject, candidate(picture(side, side, new Float32Array(side * side).fill(2))))).value, 0);
    });

    it('draws sets without repetition', () => {
      for (let draw = 0; draw < 20; draw++) assert.equal(new Set(drawSet(10, 7, new Random(draw))).size, 7);
      assert.deepEqual([...drawSet(5, 5, new Random(1))].sort(), [0, 1, 2, 3, 4]);
    });
  });

  describe('ROAD', () => {
    it('imputes a plane that is linear as it was, whatever is missing inside', async () => {
      const width = 12, height = 9, plane = Float32Array.from({ length: width * height }, (_, cell) => 3 * (cell % width) - 2 * Math.floor(cell / width));
      const missing = new Uint8Array(width * height), filled = plane.slice();
      for (let row = 2; row < 7; row++) for (let column = 2; column < 9; column++) missing[row * width + column] = 1;
      missing.forEach((flag, cell) => { if (flag) filled[cell] = 999; });
      await impute([filled], width, height, missing, 0, new Random(1));
      filled.forEach((got, cell) => close(got, plane[cell]!, 0.2));
    });

    it('leaves a plane alone where nothing or everything is missing', async () => {
      for (const flag of [0, 1]) {
        const plane = Float32Array.of(1, 2, 3, 4);
        await impute([plane], 2, 2, new Uint8Array(4).fill(flag), 0.5, new Random(1));
        assert.deepEqual([...plane], [1, 2, 3, 4]);
      }
    });

    it('prefers the map that finds the pixels that count, and refuses what is no picture', async () => {
      const side = 10, x = new Float32Array(side * side), weights = new Float32Array(side * side);
      for (let row = 3; row < 6; row++) for (let column = 3; column < 6; column++) { x[row * side + column] = 1; weights[row * side + column] = 1; }
      const subject = subjectOf(linearPicture([[...weights]], side, side), picture(side, side, x));
      const good = await value(road, subject, candidate(picture(side, side, weights))), bad = await value(road, subject, candidate(picture(side, side, weights.map((weight) => -weight))));
      assert.ok(good.value > 1 && bad.value < -1, `${good.value} ${bad.value}`);
      assert.equal(good.curve!.x.length, 4);
      assert.match(road.applies(subjectOf(linearModel([[1, 2]], [0]), row(1, 2))).reason!, /takes a picture/);
    });
  });
});
