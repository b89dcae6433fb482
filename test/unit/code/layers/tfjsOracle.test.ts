// Every kind of layer that TensorFlow.js has, with random options: what the source analysis says of the same call, in
// TensorFlow.js' words and in Keras', is what TensorFlow.js builds. Not compared, because TensorFlow.js states another shape
// than it computes: resizing (4.22 forgets the batch), and causal convolutions (which it does not have).
import * as tf from '@tensorflow/tfjs';
import assert from 'node:assert/strict';
import { kerasRules } from '../../../../src/code/layers/keras';
import { layersOf, named } from './layersOf';

type Options = Record<string, unknown>;
interface Case { readonly kind: string; readonly inputs: readonly (readonly number[])[]; readonly options: Options; readonly wraps?: Case }

/** A small generator of its own, so that a failure is the same failure again. */
function randomNumbers(seed: number): (from: number, to: number) => number {
  let state = seed;
  return (from, to) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return from + (state % 1_000_003) % (to - from + 1);
  };
}

type Draw = ReturnType<typeof randomNumbers>;
const pick = <T>(draw: Draw, of: readonly T[]): T => of[draw(0, of.length - 1)]!;
const maybe = (draw: Draw, options: Options): Options => (draw(0, 1) ? options : {});
const several = (draw: Draw, count: number, from: number, to: number): number | number[] => (draw(0, 1) ? draw(from, to) : Array.from({ length: count }, () => draw(from, to)));
const picture = (draw: Draw, count: number, channels = draw(1, 6)): number[] => [...Array.from({ length: count }, () => draw(7, 14)), channels];

/** Strides and dilation cannot both be over 1. */
const steps = (draw: Draw, count: number): Options => (draw(0, 1) ? maybe(draw, { strides: several(draw, count, 1, 3) }) : maybe(draw, { dilationRate: count === 1 ? draw(1, 2) : Array(count).fill(draw(1, 2)) }));
const conv = (kind: string, count: number, more: (draw: Draw) => Options = () => ({})) => (draw: Draw): Case => ({ kind, inputs: [picture(draw, count)], options: { filters: draw(1, 8), kernelSize: several(draw, count, 1, 3), padding: pick(draw, ['same', 'valid']), useBias: draw(0, 1) === 1, ...steps(draw, count), ...more(draw) } });
const pool = (kind: string, count: number) => (draw: Draw): Case => ({ kind, inputs: [picture(draw, count)], options: { ...maybe(draw, { poolSize: several(draw, count, 1, 4) }), ...maybe(draw, { strides: several(draw, count, 1, 3) }), padding: pick(draw, ['same', 'valid']) } });
const plain = (kind: string, options: (draw: Draw) => Options = () => ({}), inputs: (draw: Draw) => number[][] = (draw) => [picture(draw, draw(0, 2))]) => (draw: Draw): Case => ({ kind, inputs: inputs(draw), options: options(draw) });
const sequence = (draw: Draw): number[][] => [[draw(2, 9), draw(1, 8)]];
const recurrent = (kind: string, states = true) => plain(kind, (draw) => ({ units: draw(1, 9), useBias: draw(0, 1) === 1, ...maybe(draw, { returnSequences: true }), ...(states ? maybe(draw, { returnState: true }) : {}) }), sequence);
const alike = (kind: string) => (draw: Draw): Case => {
  const dims = picture(draw, draw(0, 2));
  return { kind, inputs: [dims, dims, ...(draw(0, 1) ? [dims] : [])], options: {} };
};
const pads = (draw: Draw, count: number): unknown => (draw(0, 1) ? draw(0, 3) : Array.from({ length: count }, () => [draw(0, 2), draw(0, 2)]));

const cases: readonly ((draw: Draw) => Case)[] = [
  plain('dense', (draw) => ({ units: draw(1, 20), useBias: draw(0, 1) === 1 })),
  conv('conv1d', 1), conv('conv2d', 2), conv('conv3d', 3, () => ({ dilationRate: undefined })),
  (draw) => ({ kind: 'conv2dTranspose', inputs: [picture(draw, 2)], options: { filters: draw(1, 5), kernelSize: several(draw, 2, 1, 4), strides: several(draw, 2, 1, 3), padding: pick(draw, ['same', 'valid']), useBias: draw(0, 1) === 1 } }),
  (draw) => ({ kind: 'conv3dTranspose', inputs: [picture(draw, 3)], options: { filters: draw(1, 5), kernelSize: several(draw, 3, 1, 3), strides: several(draw, 3, 1, 2), padding: pick(draw, ['same', 'valid']) } }),
  conv('separableConv2d', 2, (draw) => ({ ...maybe(draw, { depthMultiplier: draw(1, 3) }), dilationRate: undefined })),
  (draw) => ({ kind: 'depthwiseConv2d', inputs: [picture(draw, 2)], options: { kernelSize: several(draw, 2, 1, 3), padding: pick(draw, ['same', 'valid']), ...maybe(draw, { strides: draw(1, 3) }), ...maybe(draw, { depthMultiplier: draw(1, 3) }), useBias: draw(0, 1) === 1 } }),
  (draw) => ({ kind: 'convLstm2d', inputs: [[draw(2, 4), ...picture(draw, 2, 2)]], options: { filters: draw(1, 4), kernelSize: draw(1, 3), padding: pick(draw, ['same', 'valid']), ...maybe(draw, { returnSequences: true }) } }),
  pool('maxPooling1d', 1), pool('averagePooling1d', 1), pool('maxPooling2d', 2), pool('averagePooling2d', 2), pool('maxPooling3d', 3), pool('averagePooling3d', 3), pool('maxPool2d', 2), pool('avgPool2d', 2),
  plain('globalMaxPooling1d', undefined, sequence), plain('globalAveragePooling1d', undefined, sequence),
  plain('globalMaxPooling2d', undefined, (draw) => [picture(draw, 2)]), plain('globalAveragePooling2d', undefined, (draw) => [picture(draw, 2)]),
  (draw) => ({ kind: 'zeroPadding2d', inputs: [picture(draw, 2)], options: maybe(draw, { padding: pads(draw, 2) }) }),
  (draw) => ({ kind: 'cropping2D', inputs: [picture(draw, 2)], options: { cropping: pads(draw, 2) } }),
  (draw) => ({ kind: 'upSampling2d', inputs: [picture(draw, 2)], options: maybe(draw, { size: [draw(1, 3), draw(1, 3)] }) }),
  (draw) => ({ kind: 'centerCrop', inputs: [picture(draw, 2)], options: { height: draw(2, 6), width: draw(2, 6) } }),
  plain('rescaling', () => ({ scale: 0.5 })), plain('flatten'), plain('dropout', () => ({ rate: 0.5 })), plain('gaussianNoise', () => ({ stddev: 0.1 })), plain('gaussianDropout', () => ({ rate: 0.1 })), plain('alphaDropout', () => ({ rate: 0.1 })), plain('masking', () => ({ maskValue: 0 }), sequence), plain('spatialDropout1d', () => ({ rate: 0.3 }), sequence),
  plain('activation', () => ({ activation: 'relu' })), plain('reLU'), plain('leakyReLU'), plain('elu'), plain('thresholdedReLU'), plain('softmax'),
  plain('prelu', (draw) => maybe(draw, { sharedAxes: [1, 2] }), (draw) => [picture(draw, 2)]),
  (draw) => { const [a, b] = [draw(1, 5), draw(1, 5)]; return { kind: 'reshape', inputs: [[a * b, 6]], options: { targetShape: pick(draw, [[a, b, 6], [-1, 3], [b * 2, -1], [a * b * 6]]) } }; },
  (draw) => ({ kind: 'permute', inputs: [picture(draw, 2)], options: { dims: pick(draw, [[1, 2, 3], [3, 1, 2], [2, 1, 3]]) } }),
  (draw) => ({ kind: 'repeatVector', inputs: [[draw(1, 8)]], options: { n: draw(1, 6) } }),
  plain('batchNormalization', (draw) => ({ ...maybe(draw, { center: false }), ...maybe(draw, { scale: false }) })),
  plain('layerNormalization', (draw) => ({ ...maybe(draw, { center: false }) })),
  plain('embedding', (draw) => ({ inputDim: draw(5, 60), outputDim: draw(1, 9) }), (draw) => [[draw(2, 9)]]),
  recurrent('lstm'), recurrent('gru'), recurrent('simpleRNN'),
  (draw) => ({ kind: 'bidirectional', inputs: sequence(draw), options: { mergeMode: pick(draw, ['concat', 'sum', 'ave', 'mul']) }, wraps: recurrent(pick(draw, ['lstm', 'gru', 'simpleRNN']), false)(draw) }),
  (draw) => ({ kind: 'timeDistributed', inputs: [[draw(2, 5), ...picture(draw, 2)]], options: {}, wraps: { kind: 'conv2d', inputs: [], options: { filters: draw(1, 5), kernelSize: draw(1, 3), padding: pick(draw, ['same', 'valid']) } } }),
  (draw) => ({ kind: 'timeDistributed', inputs: sequence(draw), options: {}, wraps: { kind: 'dense', inputs: [], options: { units: draw(1, 9) } } }),
  alike('add'), alike('multiply'), alike('average'), alike('maximum'), alike('minimum'),
  (draw) => { const dims = picture(draw, 2); const axis = pick(draw, [-1, 1, 3]); const other = [...dims]; other[axis === 1 ? 0 : 2] = draw(1, 9); return { kind: 'concatenate', inputs: [dims, other], options: axis === -1 && draw(0, 1) ? {} : { axis } }; },
  (draw) => { const width = draw(1, 7); return { kind: 'dot', inputs: [[width], [width]], options: { axes: pick(draw, [1, -1]) } }; },
];

/** What TensorFlow.js makes of it; undefined where it refuses. */
function built({ kind, inputs, options, wraps }: Case): { dims: (number | null)[]; parameters: number } | undefined {
  const make = (tf.layers as unknown as Record<string, (options: Options) => tf.layers.Layer>);
  // TensorFlow.js changes lists that it is given.
  const clean = (all: Options): Options => structuredClone(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));
  try {
    const layer = make[kind]!({ ...clean(options), ...(wraps ? { layer: make[wraps.kind]!(clean(wraps.options)) } : {}) });
    const tensors = inputs.map((dims) => tf.input({ shape: [...dims] }));
    const result = layer.apply(tensors.length === 1 ? tensors[0]! : tensors) as tf.SymbolicTensor | tf.SymbolicTensor[];
    const first = Array.isArray(result) ? result[0]! : result;
    return first.shape.some((dim) => dim !== null && dim < 1) ? undefined : { dims: first.shape, parameters: layer.countParams() };
  } catch {
    return undefined;
  }
}

const script = ({ kind, inputs, options, wraps }: Case): string => {
  const text = (all: Options): string => Object.entries(all).filter(([, value]) => value !== undefined).map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ');
  const inner = wraps ? `${text(options) ? ', ' : ''}layer: tf.layers.${wraps.kind}({${text(wraps.options)}})` : '';
  const names = inputs.map((_, i) => `x${i}`);
  return `import * as tf from '@tensorflow/tfjs';\n${inputs.map((dims, i) => `const x${i} = tf.input({shape: ${JSON.stringify(dims)}});`).join('\n')}\nconst y = tf.layers.${kind}({${text(options)}${inner}}).apply(${names.length === 1 ? names[0] : `[${names.join(', ')}]`});\n`;
};

/** The same in Python; classes go by the names of the rules. */
const classes = new Map(Object.keys(kerasRules).map((name) => [name.toLowerCase(), name]));
const inKeras = (all: Case): string => {
  const literal = (value: unknown): string => (Array.isArray(value) ? `(${value.map(literal).join(', ')},)` : typeof value === 'boolean' ? (value ? 'True' : 'False') : JSON.stringify(value));
  const call = ({ kind, options, wraps }: Case): string => {
    const name = classes.get(kind.toLowerCase()) ?? { maxpool2d: 'MaxPool2D', avgpool2d: 'AvgPool2D' }[kind.toLowerCase()];
    const given = Object.entries({ ...options, ...(kind === 'gru' ? { resetAfter: false } : {}) }).filter(([, value]) => value !== undefined).map(([key, value]) => `${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}=${literal(value)}`);
    return `layers.${name}(${[...(wraps ? [call(wraps)] : []), ...given].join(', ')})`;
  };
  const names = all.inputs.map((_, i) => `x${i}`);
  return `from tensorflow import keras\nfrom tensorflow.keras import layers\n${all.inputs.map((dims, i) => `x${i} = keras.Input(shape=${literal(dims)})`).join('\n')}\ny = ${call(all)}(${names.length === 1 ? names[0] : `[${names.join(', ')}]`})\n`;
};

describe('layers in source against TensorFlow.js', () => {
  for (const make of cases) {
    const { kind } = make(randomNumbers(1));
    it(kind, async () => {
      let compared = 0;
      for (let seed = 1; seed <= 16; seed++) {
        const one = make(randomNumbers(seed * 7919));
        const expected = built(one);
        if (!expected) continue;
        compared++;
        for (const [language, text] of [['javascript', script(one)], ['python', inKeras(one)]] as const) {
          const layers = await layersOf(language, text);
          const layer = layers.find(({ call }) => text.slice(call.start, call.end).endsWith(text.trimEnd().slice(-4).replace(';', '')) && !['Input', 'input'].includes(text.slice(call.start, call.end)));
          const type = language === 'javascript' ? one.kind : undefined;
          const found = type ? named(layers, type) : layer!;
          // Of Reshape's -1 TensorFlow.js says nothing; we do.
          assert.deepEqual(found.outputDims?.map((dim, i) => (dim === 'N' || (one.kind === 'reshape' && expected.dims[i] === null) ? null : dim)), expected.dims, `${text}\n${JSON.stringify(found)}`);
          assert.equal(found.parameters, expected.parameters, `${text}\n${JSON.stringify(found)}`);
        }
      }
      assert.ok(compared >= 5, `only ${compared} of 16 were built`);
    });
  }
});
