/** The parity runner as a test suite: one test for every method that is implemented. */
import assert from 'node:assert/strict';
import implemented from './implemented.json';
import { goldenDir, goldenExists } from './golden';
import { closingLine, readJobs, report, runParity, vanished, type Outcome } from './parity';

describe('parity with the reference implementations', function () {
  this.timeout(600_000);
  const all: Outcome[] = [];

  before(function () {
    if (goldenExists()) return;
    console.log(`      skipped: there is no golden folder at ${goldenDir}; set GOLDEN_DIR`);
    this.skip();
  });

  it('has every method it once had', () => {
    assert.deepEqual(vanished(), []);
  });

  for (const method of implemented) {
    it(method, async () => {
      const outcomes = await runParity({ only: [method] });
      all.push(...outcomes);
      assert.ok(outcomes.every(({ status }) => status !== 'failed'), `\n${report(outcomes)}`);
      if (readJobs().some((job) => job.method === method)) assert.ok(outcomes.length > 0, `no case of ${method} was judged`);
    });
  }

  after(() => {
    if (all.length) console.log(`      ${closingLine(all)} (of the implemented methods' cases)`);
  });
});
