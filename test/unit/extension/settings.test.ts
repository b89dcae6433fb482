import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { modelTitle } from '../../../src/extension/titles';
import { methods } from '../../../src/methods/registry';

const { contributes } = JSON.parse(fs.readFileSync(path.resolve(__dirname, '../../../package.json'), 'utf8')) as { contributes: { configuration: { properties: Record<string, { enum?: string[]; enumItemLabels?: string[] }> } } };

describe('settings', () => {
  it('offer every method that draws a map, by its name', () => {
    const { enum: ids = [], enumItemLabels = [] } = contributes.configuration.properties['modelLens.explain.method']!, maps = methods.filter(({ id }) => id !== 'prediction');
    assert.deepEqual([...ids].sort(), maps.map(({ id }) => id).sort());
    assert.deepEqual(enumItemLabels, ids.map((id) => maps.find((method) => method.id === id)!.title));
  });
});

describe('titles of tabs', () => {
  it('name a TensorFlow.js model by its folder', () => {
    const at = (...parts: string[]): string => path.join(path.sep, ...parts);
    assert.equal(modelTitle(at('models', 'toxicity', 'model.json')), 'toxicity');
    assert.equal(modelTitle(at('models', 'squeezenet1.1.onnx')), 'squeezenet1.1');
    assert.equal(modelTitle(at('model.json')), 'model');
  });
});
