import assert from 'node:assert/strict';
import { ParameterError, readParameter, resolveParameters } from '../../../src/methods/parameters';
import { methodById, methods } from '../../../src/methods/registry';

const refused = (work: () => unknown, pattern: RegExp): void => {
  assert.throws(work, (error) => error instanceof ParameterError && error.code === 'badInput' && pattern.test(error.message));
};

describe('parameters', () => {
  const ig = methodById('integrated-gradients');

  it('are completed from the first preset and the defaults', () => {
    const { preset, parameters } = resolveParameters(ig);
    assert.equal(preset, 'adaptive');
    assert.equal(parameters.nSteps, 0);
    assert.equal(parameters.baseline, 'black');
    assert.deepEqual(Object.keys(parameters), ig.parameters.map((spec) => spec.name));
  });

  it('given values win over the preset, the preset over the defaults', () => {
    const { parameters } = resolveParameters(ig, { nSteps: 20 }, 'captum');
    assert.deepEqual([parameters.nSteps, parameters.quadrature, parameters.baseline], [20, 'gausslegendre', 'zeros']);
  });

  it('are read from text, as a terminal gives them', () => {
    const { parameters } = resolveParameters(ig, { nSteps: '7', tolerance: '1e-3' });
    assert.deepEqual([parameters.nSteps, parameters.tolerance], [7, 0.001]);
    assert.equal(resolveParameters(methodById('saliency'), { abs: 'false' }).parameters.abs, false);
  });

  it('name the parameter, what was found and what was expected', () => {
    refused(() => resolveParameters(ig, { nStep: 5 }), /'nStep'.*none of that name, expected one of nSteps, quadrature/);
    refused(() => resolveParameters(ig, {}, 'pytorch'), /preset 'pytorch'.*adaptive, captum/);
    refused(() => resolveParameters(ig, { nSteps: -1 }), /'nSteps': found -1, expected a whole number from 0 to 10000/);
    refused(() => resolveParameters(ig, { nSteps: 1.5 }), /found 1.5/);
    refused(() => resolveParameters(ig, { nSteps: '' }), /found ''/);
    refused(() => resolveParameters(ig, { quadrature: 'simpson' }), /found 'simpson', expected one of gausslegendre/);
    refused(() => resolveParameters(ig, { tolerance: NaN }), /found NaN/);
    refused(() => resolveParameters(methodById('saliency'), { abs: 1 }), /'abs': found 1, expected true or false/);
    refused(() => readParameter({ name: 'f', type: 'file', default: '', about: '' }, 3), /'f': found 3, expected the path of a file/);
    refused(() => resolveParameters(ig, { toString: 1 }), /'toString'/);
  });
});

describe('registry', () => {
  it('describes every method fully, and every preset is valid', () => {
    for (const method of methods) {
      for (const text of [method.title, method.question, method.source]) assert.ok(text.length > 3, method.id);
      assert.ok(method.kinds.length > 0 && Object.keys(method.presets).length > 0);
      assert.equal(new Set(method.parameters.map((spec) => spec.name)).size, method.parameters.length);
      for (const preset of Object.keys(method.presets)) {
        const { parameters } = resolveParameters(method, {}, preset);
        for (const [name, value] of Object.entries(method.presets[preset]!)) assert.equal(parameters[name], value);
      }
    }
    assert.equal(new Set(methods.map((method) => method.id)).size, methods.length);
  });

  it('names the known methods when asked for another', () => {
    refused(() => methodById('sailency'), /'sailency'.*expected one of prediction, saliency, .*integrated-gradients, .*grad-cam/);
  });
});
