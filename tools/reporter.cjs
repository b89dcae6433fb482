// mocha's spec reporter that also writes its counts to the file COUNTS_FILE names, for tools/test.mjs to add up.
const fs = require('node:fs');
const { reporters, Runner } = require('mocha');

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      if (!process.env.COUNTS_FILE) return;
      const { passes, failures, pending } = this.stats;
      fs.writeFileSync(process.env.COUNTS_FILE, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
};
