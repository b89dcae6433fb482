import assert from 'node:assert/strict';
import { sidecarEntry } from '../../../src/data/sidecarEntry';
import type { ImageSpec } from '../../../src/data/spec';
import { entryOf, preparationOf, presetOf, scalingPresets, withChannels, withScaling } from '../../../src/webview/explain/preprocessing/entry';

const spec: ImageSpec = { kind: 'image', layout: 'NCHW', channels: 'BGR', range: [0, 255], mean: [103.939, 116.779, 123.68], std: [1, 1, 1], resize: { mode: 'crop', shorterSide: 256, height: 224, width: 224, interpolation: 'bicubic' } };

describe('webview/explain/preprocessing/entry', () => {
  it('every entry the engine makes comes back as it was', () => {
    const specs: ImageSpec[] = [
      spec,
      { ...spec, channels: 'RGB', range: [-1, 1], mean: [0, 0, 0], resize: { mode: 'stretch', height: 96, width: 128, interpolation: 'nearest' } },
      { ...spec, layout: 'NHWC', channels: 'grey', mean: [0.1307], std: [0.3081], range: [0, 1], resize: { mode: 'letterbox', height: 28, width: 28, fill: [114, 114, 114], interpolation: 'bilinear' } },
      { ...spec, channels: 'RGBA', range: [0, 1], mean: [0, 0, 0, 0], std: [1, 1, 1, 1], alpha: 0.5 },
    ];
    for (const each of specs) assert.deepEqual(entryOf(preparationOf(sidecarEntry(each))), sidecarEntry(each));
  });

  it('presets keep their numbers with their channels', () => {
    const caffe = preparationOf(sidecarEntry(spec));
    assert.equal(presetOf(caffe), 'caffe');
    const turned = withChannels(caffe, 'RGB');
    assert.deepEqual(turned.mean, [123.68, 116.779, 103.939]);
    assert.equal(presetOf(turned), 'caffe');
    for (const preset of scalingPresets) assert.equal(presetOf(withScaling(caffe, preset)), preset.id);
    assert.equal(presetOf({ ...caffe, mean: [1, 2, 3] }), undefined);
  });
});
