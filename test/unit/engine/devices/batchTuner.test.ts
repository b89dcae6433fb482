/** Batches on a device: timings and memory given, sizes asked. */
import assert from 'node:assert/strict';
import { BatchTuner } from '../../../../src/engine/devices/batchTuner';

/** Runs `samples` on a device whose run of n samples takes `ms(n)` (the first of each size longer) and fits `most`; sizes of the runs. */
function runAll(tuner: BatchTuner, samples: number, ms: (rows: number) => number, most = Infinity): number[] {
  const ran: number[] = [], seen = new Set<number>();
  for (let left = samples; left > 0;) {
    const rows = tuner.next(left);
    if (rows > most) {
      assert.ok(tuner.outOfMemory(rows));
      ran.push(-rows);
      continue;
    }
    ran.push(rows);
    // A session compiles in its first run.
    tuner.ran(rows, ms(rows) + (seen.has(rows) ? 0 : 500));
    seen.add(rows);
    left -= rows;
  }
  return ran;
}

describe('engine/devices/batchTuner', () => {
  it('doubles while throughput grows', () => {
    const tuner = new BatchTuner(4, 256), ran = runAll(tuner, 4000, (rows) => 5 + 0.1 * rows);
    assert.deepEqual(ran.slice(0, 8), [4, 4, 8, 8, 16, 16, 32, 32]);
    // 256: 30.6 ms, 0.120 a sample; 128: 17.8 ms, 0.139 a sample.
    assert.equal(tuner.best, 256);
    assert.ok(tuner.settled);
  });

  it('stops where the next size brings less than a tenth, and goes back', () => {
    const tuner = new BatchTuner(4, 256), ran = runAll(tuner, 2000, (rows) => 2 + rows);
    // 1 + 2/n a sample: 4 → 8 gains 20 %, 8 → 16 11 %, 16 → 32 6 %.
    assert.equal(tuner.best, 16);
    assert.deepEqual(ran.slice(0, 9), [4, 4, 8, 8, 16, 16, 32, 32, 16]);
    assert.ok(ran.slice(8).every((rows) => rows <= 16));
  });

  it('stops where a run takes long: cancelling would wait', () => {
    const tuner = new BatchTuner(8, 256);
    runAll(tuner, 4000, (rows) => 90 + 0.5 * rows);
    assert.equal(tuner.best, 32);
  });

  it('halves where memory ends, loses nothing, and does not ask for that size again', () => {
    const tuner = new BatchTuner(4, 256), ran = runAll(tuner, 1000, (rows) => 5 + 0.1 * rows, 40);
    assert.deepEqual(ran.filter((rows) => rows < 0), [-64]);
    assert.equal(tuner.best, 32);
    assert.ok(ran.reduce((sum, rows) => sum + Math.max(0, rows), 0) >= 1000);
  });

  it('halves until it fits', () => {
    const tuner = new BatchTuner(64, 256), ran = runAll(tuner, 100, () => 1, 5);
    assert.deepEqual(ran.slice(0, 6), [-64, -32, -16, -8, 4, 4]);
    assert.equal(tuner.outOfMemory(1), false, 'one sample is the least');
  });

  it('fills up what is left to a power of two, so that few sizes need a session', () => {
    const tuner = new BatchTuner(16, 16);
    assert.deepEqual([1, 2, 3, 5, 9, 16, 40].map((left) => tuner.next(left)), [1, 2, 4, 8, 16, 16, 16]);
  });

  it('wants more samples at once while it is still looking for its size', () => {
    const tuner = new BatchTuner(4, 64);
    assert.equal(tuner.ahead, 32);
    runAll(tuner, 4000, (rows) => 5 + 0.1 * rows);
    assert.deepEqual([tuner.best, tuner.ahead], [64, 64]);
  });
});
