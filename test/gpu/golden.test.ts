/**
 * The reference implementations' own outputs, on the device: every method that takes gradients, on convolutional networks
 * and a vision transformer. Tolerances are the CPU's, none is loosened: a GPU adds up in another order, which float32
 * forgives as the references' own rounding, and where a ReLU or a maximum switches by it, single elements are outliers
 * that each case allows for on the CPU too.
 */
import assert from 'node:assert/strict';
import { goldenDir, goldenExists } from '../parity/golden';
import { closingLine, readJobs, report, runParity, type Outcome } from '../parity/parity';
import { device, everything } from './device';

const methods = [
  'saliency', 'input-x-gradient', 'integrated-gradients', 'grad-cam', 'grad-cam++', 'hires-cam', 'xgrad-cam', 'layer-cam', 'eigen-cam', 'full-grad',
  'guided-backprop', 'deconvnet', 'guided-grad-cam', 'deeplift', 'lrp', 'smoothgrad', 'squaregrad', 'vargrad', 'gradient-shap',
  'attention-rollout', 'attention-gradient', 'layer-activation', 'layer-gradient-x-activation', 'layer-conductance', 'internal-influence', 'neuron-conductance',
];

/** Hundreds of gradients each. */
const long = new Set(['integrated-gradients', 'gradient-shap', 'layer-conductance', 'internal-influence', 'neuron-conductance']);

/** Networks of 224 pixels a side: of each method one case. */
const large = new Set(['squeezenet', 'mobilenet']);

/** All cases of small networks but those of long methods, of which there is one a network; SqueezeNet is left out of these. */
function selection(): ReadonlySet<string> {
  const chosen = new Set<string>(), seen = new Set<string>();
  for (const { method, id } of readJobs()) {
    const network = id.split('_')[0]!;
    if (everything || !(long.has(method) || large.has(network))) chosen.add(id);
    else if ((network !== 'squeezenet' || !long.has(method)) && !seen.has(`${method} ${network}`)) {
      seen.add(`${method} ${network}`);
      chosen.add(id);
    }
  }
  return chosen;
}

describe(`reference outputs on ${device}`, function () {
  this.timeout(3_600_000);
  const outcomes: Outcome[] = [];

  before(async function () {
    if (!goldenExists()) {
      console.log(`      skipped: there is no golden folder at ${goldenDir}; set GOLDEN_DIR`);
      this.skip();
    }
    const chosen = selection();
    outcomes.push(...await runParity({ only: methods, device, select: ({ id }) => chosen.has(id) }));
  });

  for (const method of methods) {
    it(method, () => {
      const own = outcomes.filter((outcome) => outcome.method === method);
      assert.ok(own.length > 0, `no case of ${method} was judged`);
      assert.ok(own.every(({ status }) => status === 'passed'), `\n${report(own)}`);
    });
  }

  after(() => {
    if (outcomes.length) console.log(`      ${closingLine(outcomes)}`);
  });
});
