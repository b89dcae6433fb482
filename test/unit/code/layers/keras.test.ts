// Keras sources in the usual style, with totals that Keras' own summaries print.
import assert from 'node:assert/strict';
import { layersOf, named, python, shown } from './layersOf';

describe('Keras and TensorFlow.js layers in source', () => {
  it('the MNIST convnet: 34,826', async () => {
    const layers = await python(`
import keras
from keras import layers
num_classes = 10
input_shape = (28, 28, 1)
model = keras.Sequential(
    [
        keras.Input(shape=input_shape),
        layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(num_classes, activation="softmax"),
    ]
)
`);
    assert.equal(named(layers, 'Sequential').parameters, 34_826);
    assert.equal(shown(named(layers, 'Flatten').outputDims), 'N × 1600');
    assert.deepEqual(layers.filter(({ type }) => type === 'Conv2D').map(({ parameters, total }) => [parameters, total]), [[320, 320], [18_496, 18_816]]);
  });

  it('model.add with aliases, also in a cell without imports', async () => {
    for (const imports of ['from tensorflow.keras.models import Sequential\nfrom tensorflow.keras.layers import Dense, Conv2D as C, MaxPool2D, Flatten\n', 'import tensorflow as tf\nSequential, C = tf.keras.Sequential, tf.keras.layers.Conv2D\nMaxPool2D = tf.keras.layers.MaxPool2D\nfrom tensorflow.python.keras.layers.core import Dense, Flatten\n', 'C = Conv2D\n']) {
      const layers = await python(`${imports}
filters = 16
model = Sequential()
model.add(C(filters * 2, (3, 3), input_shape=(32, 32, 3), padding='same'))
model.add(MaxPool2D())
model.add(Flatten())
model.add(Dense(10))
`);
      assert.equal(named(layers, 'Sequential').parameters, 896 + 8192 * 10 + 10, imports);
      assert.equal(shown(named(layers, 'Conv2D').outputDims), 'N × 32 × 32 × 32');
    }
  });

  it('functional: branches, joins, several inputs', async () => {
    const layers = await python(`
from tensorflow import keras
from tensorflow.keras import layers as L
title = keras.Input(shape=(None,), name="title")
body = keras.Input(shape=(None,), name="body")
tags = keras.Input(shape=(12,), name="tags")
title_features = L.LSTM(128)(L.Embedding(10000, 64)(title))
body_features = L.LSTM(32)(L.Embedding(10000, 64)(body))
x = L.concatenate([title_features, body_features, tags])
priority = L.Dense(1, name="priority")(x)
department = L.Dense(4, name="department")(x)
model = keras.Model(inputs=[title, body, tags], outputs={"priority": priority, "department": department})
`);
    // 640,000 twice, 98,816, 12,416, 173 and 692.
    assert.equal(named(layers, 'Model').parameters, 1_392_097);
    const join = named(layers, 'concatenate');
    assert.equal(shown(join.outputDims), 'N × 172');
    assert.deepEqual(join.otherInputs, [['N', 32], ['N', 12]]);
    assert.equal(shown(named(layers, 'Embedding', 0).outputDims), 'N × L × 64');
  });

  it('helpers with tensors, loops, defaults and names that stay names', async () => {
    const layers = await python(`
import keras
from keras import layers
def block(x, filters, stride=1):
    shortcut = x
    x = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    if stride != 1 or shortcut.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, strides=stride)(shortcut)
    return layers.add([x, shortcut])
def build(classes, width=32):
    inputs = keras.Input((None, None, 3))
    x = inputs
    for filters in (16, 32, 64):
        x = block(x, filters, stride=2)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(width)(x)
    outputs = layers.Dense(classes)(x)
    return keras.Model(inputs, outputs)
`);
    const [conv] = layers.filter(({ type }) => type === 'Conv2D');
    assert.match(conv!.note!, /In the loop, or for 3 calls: N × ⌈H\/2⌉ × ⌈W\/2⌉ × 16 \(432 parameters\); N × ⌈H\/4⌉/);
    const dense = named(layers, 'Dense', 1);
    assert.equal(dense.parameters, '33·classes');
    assert.equal(named(layers, 'Dense', 0).note, 'With width = 32, its default.');
    assert.equal(shown(named(layers, 'Model').outputDims), 'N × classes');
    assert.equal(named(layers, 'Model').parameters, '33·classes + 28720');
  });

  it('applications, fine-tuned', async () => {
    const layers = await python(`
import tensorflow as tf
base = tf.keras.applications.MobileNetV2(input_shape=(160, 160, 3), include_top=False, weights='imagenet')
base.trainable = False
inputs = tf.keras.Input(shape=(160, 160, 3))
x = tf.keras.layers.RandomFlip('horizontal')(inputs)
x = tf.keras.applications.mobilenet_v2.preprocess_input(x)
x = base(x, training=False)
x = tf.keras.layers.GlobalAveragePooling2D()(x)
outputs = tf.keras.layers.Dense(1)(x)
model = tf.keras.Model(inputs, outputs)
vgg = tf.keras.applications.VGG16()
other = tf.keras.applications.NobodyKnows()
`);
    assert.equal(shown(named(layers, 'MobileNetV2', 0).outputDims), 'N × 5 × 5 × 1280');
    assert.equal(named(layers, 'Model').parameters, 2_259_265);
    assert.equal(named(layers, 'VGG16').parameters, 138_357_544);
    assert.ok(!layers.some(({ type }) => type === 'NobodyKnows'));
  });

  it('subclassed models: built, or on what their layers expect', async () => {
    const text = `
import tensorflow as tf
class Net(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = tf.keras.layers.Conv2D(8, 3)
        self.blocks = [tf.keras.layers.Dense(4) for _ in range(2)]
        self.pool = tf.keras.layers.GlobalMaxPooling2D()
    def call(self, x, training=False):
        x = self.pool(self.conv(x))
        for layer in self.blocks:
            x = layer(x)
        return x
model = Net()
`;
    const built = await python(`${text}model.build((None, 32, 32, 3))\n`);
    assert.equal(named(built, 'Net').parameters, 224 + 36 + 20);
    assert.equal(shown(named(built, 'Net').outputDims), 'N × 4');
    const open = await python(text);
    assert.equal(named(open, 'Net').parameters, '72·C + 64');
    assert.equal(shown(named(open, 'Net').inputDims), 'N × H × W × C');
  });

  it('causal convolutions, Keras only layers, channels first', async () => {
    for (const [call, shape, output, parameters] of [
      ['Conv1D(8, 3, padding="causal", dilation_rate=2)', '(20, 4)', 'N × 20 × 8', 104], ['Conv1D(8, 3, padding="causal", strides=2)', '(20, 4)', 'N × 10 × 8', 104],
      ['Conv2D(32, 3, data_format="channels_first")', '(3, 32, 32)', 'N × 32 × 30 × 30', 896], ['Conv2D(8, 3, groups=2)', '(8, 8, 4)', 'N × 6 × 6 × 8', 152],
      ['Conv2DTranspose(8, 3, strides=2, padding="same", output_padding=1)', '(7, 7, 4)', 'N × 14 × 14 × 8', 296], ['Conv1DTranspose(8, 3, strides=2)', '(7, 4)', 'N × 15 × 8', 104],
      ['GRU(32)', '(10, 8)', 'N × 32', 4032], ['GRU(32, reset_after=False)', '(10, 8)', 'N × 32', 3936], ['Resizing(64, 48)', '(100, 80, 3)', 'N × 64 × 48 × 3', 0], ['Normalization()', '(13,)', 'N × 13', 27],
      ['EinsumDense("abc,cd->abd", output_shape=(None, 64), bias_axes="d")', '(32, 128)', 'N × 32 × 64', 8256], ['GroupNormalization(4)', '(8, 8, 16)', 'N × 8 × 8 × 16', 32], ['SeparableConv1D(8, 3)', '(10, 4)', 'N × 8 × 8', 52],
      ['Bidirectional(LSTM(64, return_sequences=True))', '(None, 128)', 'N × L × 128', 98816], ['ZeroPadding1D(2)', '(10, 4)', 'N × 14 × 4', 0], ['ZeroPadding2D(((1, 0), (2, 2)))', '(8, 8, 3)', 'N × 9 × 12 × 3', 0], ['Cropping1D((1, 2))', '(10, 4)', 'N × 7 × 4', 0],
      ['RandomCrop(8, 8)', '(16, 16, 3)', 'N × 8 × 8 × 3', 0], ['TimeDistributed(Dense(5))', '(7, 3)', 'N × 7 × 5', 20], ['RNN([LSTMCell(8), LSTMCell(4)])', '(7, 3)', 'N × 4', 384 + 208], ['Lambda(lambda t: t[:, -1])', '(7, 3)', 'N × 3', 0], ['RepeatVector(3)', '(4,)', 'N × 3 × 4', 0],
    ] as const) {
      const text = `from keras.layers import *\nx = Input(${shape})\ny = ${call}(x)\n`;
      const layer = (await python(text)).find(({ name }) => name.start === text.indexOf('y = ') + 4)!;
      assert.equal(shown(layer.outputDims), output, call);
      assert.equal(layer.parameters, parameters, call);
    }
    const attention = await python('from keras.layers import *\nq = Input((8, 16))\nv = Input((4, 16))\ny = MultiHeadAttention(num_heads=2, key_dim=2)(q, v)\n');
    assert.equal(named(attention, 'MultiHeadAttention').parameters, 284);
  });

  it('conditions that are not known leave unknown what they decide', async () => {
    const layers = await python(`
import keras, sys
from keras import layers
deep = len(sys.argv) > 1
x = keras.Input((8, 8, 3))
if deep:
    x = layers.Conv2D(4, 3)(x)
else:
    x = layers.Flatten()(x)
y = layers.Dense(2)(x)
model = keras.Sequential([keras.Input((4,))])
if deep:
    model.add(layers.Dense(8))
model.add(layers.Dense(2))
`);
    assert.equal(shown(named(layers, 'Conv2D').outputDims), 'N × 6 × 6 × 4');
    const dense = named(layers, 'Dense', 0);
    assert.equal(dense.parameters === undefined || typeof dense.parameters === 'string', true);
    assert.match(named(layers, 'Sequential').note!, /depends on a condition/);
    assert.equal(named(layers, 'Sequential').parameters, undefined);
  });

  it('TensorFlow.js: sequential, functional, helpers', async () => {
    const layers = await layersOf('typescript', `
import * as tf from '@tensorflow/tfjs-node';
const IMAGE = 28;
function build(units: number): tf.LayersModel {
  const model = tf.sequential();
  model.add(tf.layers.conv2d({ inputShape: [IMAGE, IMAGE, 1], kernelSize: 5, filters: 8, activation: 'relu', kernelInitializer: 'varianceScaling' }));
  model.add(tf.layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2] }));
  model.add(tf.layers.flatten());
  for (let i = 1; i <= 2; i++) model.add(tf.layers.dense({ units: units * i }));
  [32, 16].forEach((width) => model.add(tf.layers.dense({ units: width })));
  return model;
}
const { layers } = tf;
const input = tf.input({ shape: [10] });
const hidden = layers.dense({ units: 4 }).apply(input) as tf.SymbolicTensor;
const both = layers.concatenate().apply([input, hidden]) as tf.SymbolicTensor;
const model = tf.model({ inputs: input, outputs: both });
const built = build(100);
`);
    assert.equal(named(layers, 'sequential').parameters, 208 + 115_300 + 20_200 + 6432 + 528);
    assert.equal(shown(named(layers, 'concatenate').outputDims), 'N × 14');
    assert.equal(named(layers, 'model').parameters, 44);
    assert.equal(layers.filter(({ type }) => type === 'dense').length, 3);
  });
});
