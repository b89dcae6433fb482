import assert from 'node:assert/strict';
import path from 'node:path';
import { resolvePreprocessing } from '../../../src/data/preprocessing';
import type { ImageSpec, Resolved } from '../../../src/data/spec';
import type { Attribute, Dims, Graph, Initializer, ModelFile, Node } from '../../../src/graph/graph';
import { readInitializer } from '../../../src/formats/readTensor';
import type { DType } from '../../../src/tensor/dtype';
import { folderWith } from './support';

function weight(dims: readonly number[], values: readonly number[]): Initializer {
  return { kind: 'inline', dtype: 'float32', dims, bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

function node(opType: string, inputs: readonly string[], outputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): Node {
  return { name: '', opType, domain: '', inputs, outputs, attributes: new Map(Object.entries(attributes)) };
}

interface Parts {
  readonly dims: Dims;
  readonly dtype?: DType;
  readonly input?: string;
  readonly outputDims?: Dims;
  readonly producer?: string;
  readonly graphName?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly nodes?: readonly Node[];
  readonly initializers?: Readonly<Record<string, Initializer>>;
  readonly files?: Readonly<Record<string, string>>;
}

function resolve(parts: Parts): Promise<Resolved> {
  const { input = 'x', dtype = 'float32' } = parts;
  const graph: Graph = {
    name: parts.graphName ?? 'g',
    inputs: [{ name: input, type: { kind: 'tensor', dtype, dims: parts.dims } }],
    outputs: [{ name: 'y', type: { kind: 'tensor', dtype: 'float32', dims: parts.outputDims ?? ['N', 4] } }],
    nodes: parts.nodes ?? [],
    initializers: new Map(Object.entries(parts.initializers ?? {})),
    valueInfo: new Map(),
  };
  const model: ModelFile = {
    format: 'onnx', file: path.join(folderWith(parts.files ?? {}), 'net.onnx'), producer: parts.producer ?? '', irVersion: 8, opsets: new Map([['', 17]]),
    metadata: new Map(Object.entries(parts.metadata ?? {})), graph, functions: [], warnings: [],
  };
  return resolvePreprocessing(model, { read: readInitializer });
}

async function image(parts: Parts): Promise<{ spec: ImageSpec; words: string; source: string; assumptions: readonly string[]; resolved: Resolved }> {
  const resolved = await resolve(parts);
  const [first] = resolved.inputs;
  assert.ok(first?.spec.kind === 'image', `the input is taken as ${first?.spec.kind}`);
  return { spec: first.spec, words: first.note.words, source: first.note.source, assumptions: first.note.assumptions, resolved };
}

const nchw: Dims = ['N', 3, 224, 224];
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const sidecar = (input: unknown, output?: unknown): Record<string, string> => ({ 'net.lens.json': JSON.stringify({ inputs: { x: input }, outputs: output ? { y: output } : {} }) });

describe('data/preprocessing', () => {
  it('the sidecar decides, and nothing is assumed', async () => {
    const { spec, words, source, resolved } = await image({
      dims: nchw,
      files: {
        ...sidecar({ kind: 'image', layout: 'NCHW', channels: 'RGB', range: [0, 1], ...imagenet, resize: { shorterSide: 256, crop: 224, interpolation: 'bicubic' } }),
        'preprocessor_config.json': JSON.stringify({ image_mean: [0.5], image_std: [0.5], size: 100 }),
      },
    });
    assert.deepEqual(spec, { kind: 'image', layout: 'NCHW', channels: 'RGB', range: [0, 1], ...imagenet, alpha: undefined, resize: { mode: 'crop', shorterSide: 256, height: 224, width: 224, interpolation: 'bicubic' } });
    assert.equal(words, 'RGB, 0…1, ImageNet mean and deviation, shorter side 256, middle 224×224 (bicubic)');
    assert.equal(source, 'net.lens.json');
    assert.equal(resolved.inputs[0]!.note.assumed, false);
  });

  it('a sidecar that says only part leaves the rest to the next source, and says what is assumed', async () => {
    const { spec, source, assumptions } = await image({ dims: nchw, files: sidecar({ kind: 'image', channels: 'BGR' }) });
    assert.equal(spec.channels, 'BGR');
    assert.deepEqual(spec.mean, imagenet.mean);
    assert.equal(source, 'net.lens.json');
    assert.match(assumptions.join('; '), /ImageNet's mean and deviation.*; the whole picture is stretched/);
  });

  it('a mean without a range tells the range by its size', async () => {
    const { spec } = await image({ dims: nchw, files: sidecar({ kind: 'image', channels: 'BGR', mean: [103.939, 116.779, 123.68] }) });
    assert.deepEqual(spec.range, [0, 255]);
    assert.deepEqual(spec.std, [1, 1, 1]);
  });

  it('a sidecar that contradicts the model is an error', async () => {
    await assert.rejects(resolve({ dims: nchw, files: sidecar({ kind: 'image', resize: { size: 256 } }) }), /net\.lens\.json: inputs\.x\.resize \(height\): found 256, expected 224/);
    await assert.rejects(resolve({ dims: nchw, files: sidecar({ kind: 'image', channels: 'grey' }) }), /inputs\.x\.channels: found grey, expected 3 channels/);
    await assert.rejects(resolve({ dims: ['N', 12], files: sidecar({ kind: 'image' }) }), /inputs\.x\.kind: found "image", but the input has 2 dims/);
    const { warnings } = await resolve({ dims: nchw, files: { 'net.lens.json': JSON.stringify({ inputs: { other: { kind: 'tensor' } } }) } });
    assert.match(warnings[0]!, /inputs\.other: the model has no such input; it has x/);
  });

  it('Hugging Face: size, crop, filter, rescale, mean', async () => {
    const vit = { do_normalize: true, do_resize: true, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5], resample: 3, size: { height: 224, width: 224 } };
    const a = await image({ dims: nchw, files: { 'preprocessor_config.json': JSON.stringify(vit) } });
    assert.equal(a.words, 'RGB, -1…1, resized to 224×224 (bicubic)');
    assert.equal(a.source, 'preprocessor_config.json');
    assert.deepEqual(a.assumptions, []);
    const clip = { ...vit, do_center_crop: true, crop_size: { height: 224, width: 224 }, size: { shortest_edge: 256 } };
    assert.deepEqual((await image({ dims: nchw, files: { 'preprocessor_config.json': JSON.stringify(clip) } })).spec.resize, { mode: 'crop', shorterSide: 256, height: 224, width: 224, interpolation: 'bicubic' });
    const convnext = { ...vit, size: { shortest_edge: 224 }, crop_pct: 0.875 };
    assert.deepEqual((await image({ dims: nchw, files: { 'preprocessor_config.json': JSON.stringify(convnext) } })).spec.resize, { mode: 'crop', shorterSide: 256, height: 224, width: 224, interpolation: 'bicubic' });
    const bytes = { ...vit, do_rescale: false, image_mean: [123.675, 116.28, 103.53], image_std: [58.395, 57.12, 57.375] };
    assert.deepEqual((await image({ dims: nchw, files: { 'preprocessor_config.json': JSON.stringify(bytes) } })).spec.range, [0, 255]);
  });

  it('a size that the model does not have is a warning, and the model\'s is used', async () => {
    const { spec, resolved } = await image({ dims: ['N', 3, 384, 384], files: { 'preprocessor_config.json': JSON.stringify({ image_mean: [0.5], image_std: [0.5], size: 224 }) } });
    assert.deepEqual([spec.resize.height, spec.resize.width], [384, 384]);
    assert.match(resolved.warnings.join(), /preprocessor_config\.json gives a height of 224, but the model's input has 384/);
  });

  it('timm and Teachable Machine', async () => {
    const timm = { pretrained_cfg: { mean: imagenet.mean, std: imagenet.std, input_size: [3, 224, 224], crop_pct: 0.9, interpolation: 'bicubic' } };
    const a = await image({ dims: nchw, files: { 'config.json': JSON.stringify(timm) } });
    assert.deepEqual(a.spec.resize, { mode: 'crop', shorterSide: 248, height: 224, width: 224, interpolation: 'bicubic' });
    const machine = { tfjsVersion: '1.3.1', packageName: '@teachablemachine/image', imageSize: 224, labels: ['cat', 'dog'] };
    const b = await image({ dims: ['N', 224, 224, 3], outputDims: ['N', 2], files: { 'metadata.json': JSON.stringify(machine) } });
    assert.equal(b.words, 'RGB, -1…1, shorter side 224, middle 224×224 (bilinear)');
    assert.deepEqual(b.resolved.outputs[0]!.labels, { names: ['cat', 'dog'], source: 'metadata.json', assumed: false });
  });

  it('Windows ML and Ultralytics metadata', async () => {
    const a = await image({ dims: nchw, metadata: { 'Image.BitmapPixelFormat': 'Bgr8', 'Image.NominalPixelRange': 'NominalRange_0_255' } });
    assert.match(a.words, /^BGR, 0…255, resized/);
    assert.equal(a.source, 'model metadata');
    const names = "{0: 'person', 1: \"driver's seat\", 2: 'car'}";
    const b = await image({ dims: ['N', 3, 'h', 'w'], outputDims: ['N', 3], metadata: { author: 'Ultralytics', names, stride: '32', imgsz: '[640, 480]', task: 'detect' } });
    assert.deepEqual(b.spec.resize, { mode: 'letterbox', height: 640, width: 480, fill: [114, 114, 114], interpolation: 'bilinear' });
    assert.deepEqual(b.resolved.outputs[0]!.labels?.names, ['person', "driver's seat", 'car']);
  });

  describe('layers inside the model', () => {
    const conv = node('Conv', ['n', 'w'], ['c']);
    const kernels = weight([4, 3, 1, 1], Array.from({ length: 12 }, (_, i) => ((i % 5) - 2) / 2));

    it('division by 255, and subtraction of a mean in bytes', async () => {
      for (const nodes of [
        [node('Div', ['x', 's'], ['n']), conv],
        [node('Cast', ['x'], ['t']), node('Sub', ['t', 'm'], ['n']), conv],
        [node('Mul', ['r', 'x'], ['t']), node('Sub', ['t', 'one'], ['n']), conv],
      ]) {
        const { words, source } = await image({
          dims: nchw, nodes, initializers: { w: kernels, s: weight([], [255]), m: weight([1, 3, 1, 1], [123, 117, 104]), r: weight([], [1 / 127.5]), one: weight([], [1]) },
        });
        assert.match(words, /^RGB, 0…255, .* then layers inside the model$/);
        assert.equal(source, 'layers inside the model');
      }
    });

    it('ImageNet normalisation inside: 0…1 outside', async () => {
      const { words } = await image({
        dims: nchw, nodes: [node('Sub', ['x', 'm'], ['a']), node('Div', ['a', 's'], ['n']), conv],
        initializers: { w: kernels, m: weight([1, 3, 1, 1], imagenet.mean), s: weight([1, 3, 1, 1], imagenet.std) },
      });
      assert.match(words, /^RGB, 0…1, resized/);
    });

    it('a batch normalisation at the door, with the mean of bytes', async () => {
      const { words } = await image({
        dims: nchw, nodes: [node('BatchNormalization', ['x', 'g', 'b', 'm', 'v'], ['n']), conv],
        initializers: { w: kernels, g: weight([3], [1, 1, 1]), b: weight([3], [0, 0, 0]), m: weight([3], [120, 115, 100]), v: weight([3], [3500, 3300, 3600]) },
      });
      assert.match(words, /^RGB, 0…255/);
    });

    it('a quantiser at the door has the range in its parameters', async () => {
      const { words } = await image({
        dims: nchw, nodes: [node('QuantizeLinear', ['x', 's', 'z'], ['q']), node('DequantizeLinear', ['q', 's', 'z'], ['n']), conv],
        initializers: { w: kernels, s: weight([], [1 / 127.5]), z: { kind: 'inline', dtype: 'uint8', dims: [], bytes: Uint8Array.of(128) } },
      });
      assert.match(words, /^RGB, -1…1/);
    });

    it('the first batch normalisation after the first convolution tells bytes from numbers near one', async () => {
      const initializers = (variance: number): Record<string, Initializer> => ({ w: kernels, g: weight([4], [1, 1, 1, 1]), v: weight([4], [variance, variance, variance, variance]) });
      const nodes = [node('Conv', ['x', 'w'], ['c']), node('BatchNormalization', ['c', 'g', 'g', 'g', 'v'], ['n'])];
      const bytes = await image({ dims: nchw, nodes, initializers: initializers(4000) });
      assert.match(bytes.assumptions[0]!, /^values 0…255, because the first batch normalisation expects inputs that vary by about \d+$/);
      assert.deepEqual(bytes.spec.range, [0, 255]);
      const small = await image({ dims: nchw, nodes, initializers: initializers(1) });
      assert.deepEqual(small.spec.std, imagenet.std);
    });

    it('a transposition before the first convolution means channels last', async () => {
      const perm: Attribute = { kind: 'ints', value: [0n, 3n, 1n, 2n] };
      const nodes = [node('Transpose', ['x'], ['n'], { perm }), conv];
      const { spec } = await image({ dims: ['N', null, null, 'c'], files: sidecar({ kind: 'image' }), nodes, initializers: { w: kernels } });
      assert.equal(spec.layout, 'NHWC');
    });
  });

  it('known makers are recognised, and that is said', async () => {
    const caffe = await image({ dims: [1, 3, 224, 224], input: 'data_0', producer: 'onnx-caffe2' });
    assert.equal(caffe.words, 'BGR, 0…255, minus [103.939, 116.779, 123.68], resized to 224×224 (bilinear)');
    assert.match(caffe.assumptions[0]!, /recognised as a Caffe2 export/);
    assert.equal(caffe.source, 'assumed');
    const keras = await image({ dims: ['N', 224, 224, 3], producer: 'tf2onnx 1.16', nodes: [node('Transpose', ['x'], ['Call/vgg16/block1_conv1/Conv2D__6:0'])] });
    assert.match(keras.words, /^BGR, 0…255, minus \[103/);
    assert.match(keras.assumptions[0]!, /the name vgg16 as a Keras application/);
    const mnist = await image({ dims: ['N', 1, 28, 28], producer: 'pytorch 2.1' });
    assert.match(mnist.words, /^grey, 0…1, minus 0\.1307, divided by 0\.3081/);
  });

  it('defaults go by type and layout, and say so', async () => {
    const rows: readonly (readonly [Dims, DType, RegExp])[] = [
      [nchw, 'float32', /^RGB, 0…1, ImageNet mean and deviation, resized to 224×224/],
      [['N', 224, 224, 3], 'float32', /^RGB, -1…1, resized/],
      [['N', 224, 224, 3], 'uint8', /^RGB, 0…255, resized/],
      [['N', 28, 28, 1], 'float32', /^grey, 0…1/],
      [['N', 64, 64, 1], 'float32', /^grey, -1…1/],
      [['N', 1, 64, 64], 'float16', /^grey, 0…1/],
      [['N', 3, 'height', 'width'], 'float32', /resized to 224×224/],
      [['N', 32, 48, 4], 'uint8', /^RGBA, 0…255, resized to 48×32/],
    ];
    for (const [dims, dtype, words] of rows) {
      const found = await image({ dims, dtype });
      assert.match(found.words, words);
      assert.ok(found.assumptions.length > 0);
      assert.ok(found.resolved.inputs[0]!.note.assumed);
    }
    assert.match((await image({ dims: ['N', 3, 'h', 'w'] })).assumptions.join(), /size 224×224, because the model takes any/);
  });

  it('what is no picture', async () => {
    const kind = async (dims: Dims, dtype: DType = 'float32'): Promise<string> => (await resolve({ dims, dtype })).inputs[0]!.spec.kind;
    assert.equal(await kind(['N', 13]), 'table');
    assert.equal(await kind(['N', 2048], 'int32'), 'tensor');
    assert.equal(await kind(['N', 64, 56, 56]), 'tensor');
    assert.equal(await kind(['N', 30, 1, 40]), 'tensor');
    assert.equal(await kind([]), 'tensor');
  });

  it('an unreadable neighbour is a warning, not an end', async () => {
    const { warnings } = await resolve({ dims: nchw, files: { 'config.json': '{', 'preprocessor_config.json': '[]' } });
    assert.match(warnings.join('\n'), /config\.json: not valid JSON.*ignored/);
    assert.match(warnings.join('\n'), /preprocessor_config\.json: found a list of 0, expected an object; the file was ignored/);
  });
});
