import assert from 'node:assert/strict';
import { Speeds } from '../../../src/engine/speeds';
import { resolveParameters } from '../../../src/methods/parameters';
import { passesOf } from '../../../src/methods/passes';
import { methodById } from '../../../src/methods/registry';

const full = (id: string, preset?: string) => resolveParameters(methodById(id), {}, preset).parameters;

describe('how long a method takes', () => {
  it('passes are counted where parameters say them', () => {
    const passes = (id: string, preset?: string) => passesOf(methodById(id), full(id, preset));
    assert.deepEqual(passes('saliency'), { forward: 0, gradients: 1 });
    assert.deepEqual(passes('smoothgrad', 'captum'), { forward: 0, gradients: 5 });
    assert.deepEqual(passes('smoothgrad', 'pair'), { forward: 0, gradients: 25, most: true });
    assert.deepEqual(passes('integrated-gradients', 'captum'), { forward: 0, gradients: 50 });
    assert.deepEqual(passes('eigen-cam'), { forward: 1, gradients: 0 });
    assert.equal(passes('score-cam'), undefined, 'as many as the layer has channels');
  });

  it('what passes took is multiplied; what ran twice is known', () => {
    const speeds = new Speeds(), ig = methodById('integrated-gradients'), saliency = methodById('saliency');
    assert.equal(speeds.estimate('m', ig, full('integrated-gradients', 'captum')), undefined);
    speeds.noteMethod('m', saliency, full('saliency'), {}, 20, 500);
    assert.deepEqual(speeds.estimate('m', ig, full('integrated-gradients', 'captum')), { ms: 1000, from: 'counted' });
    assert.deepEqual(speeds.estimate('m', saliency, full('saliency')), { ms: 20, from: 'counted' }, 'the first run made its session');
    speeds.noteMethod('m', saliency, full('saliency'), {}, 20, 30);
    assert.deepEqual(speeds.estimate('m', saliency, full('saliency')), { ms: 30, from: 'measured' });
    assert.equal(speeds.estimate('other', saliency, full('saliency')), undefined);
    assert.equal(speeds.estimate('m', methodById('eigen-cam'), full('eigen-cam')), undefined, 'no forward pass was timed');
  });

  it('steps that a method chose by itself count as taken', () => {
    const speeds = new Speeds(), ig = methodById('integrated-gradients');
    speeds.noteMethod('m', ig, full('integrated-gradients'), { nSteps: 20 }, 200, 300);
    assert.deepEqual(speeds.estimate('m', methodById('saliency'), full('saliency')), { ms: 10, from: 'counted' });
  });
});
