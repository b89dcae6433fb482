/** Keras' functions: Input, Sequential, Model, layers by name, applications. */
import { apply, inputShape } from './apply';
import type { CallExpr } from './calls';
import { kerasRule } from './keras';
import { append, makeChain, makeGraph, makeLayer } from './make';
import type { Machine } from './machine';
import { elements, int, type Shape, type Size } from './shape';
import { Sym } from './symbolic';
import { bind, type Given } from './tensorFunctions';
import { asSym, none, opaque, tensor, type ChainValue, type Framework, type GraphValue, type InstanceValue, type LayerValue, type Leaf, type TensorValue, type Value } from './values';

/** A tensor of the dims that `Input(shape=…)` states, and its line. */
export function inputTensor(m: Machine, framework: Framework, type: string, given: Given, expr: CallExpr): TensorValue {
  const config = bind(['shape', 'batch_size', 'dtype'], given);
  const batched = config.values.get('batch_shape') ?? config.values.get('batch_input_shape');
  const stated = batched && batched.t !== 'none' ? inputShape(batched, true) : inputShape(config.values.get('shape') ?? config.values.get('input_shape') ?? opaque(), false);
  const batch = asSym(config.values.get('batch_size'));
  const shape: Shape | undefined = stated && batch ? { dims: [batch, ...stated.dims.slice(1)] } : stated;
  const result = tensor(shape, [], [], shape ? undefined : 'The input shape is not known here.');
  m.sites.at(expr, expr.callee, framework, type).uses.push({ inputs: [], output: shape, parameters: int(0), tensor: result, note: result.why, assumed: false });
  return result;
}

const functional: Readonly<Record<string, string>> = { add: 'Add', subtract: 'Subtract', multiply: 'Multiply', average: 'Average', maximum: 'Maximum', minimum: 'Minimum', concatenate: 'Concatenate', dot: 'Dot' };

export function kerasCall(m: Machine, path: string, given: Given, expr: CallExpr): Value | undefined {
  const name = path.slice(path.lastIndexOf('.') + 1);
  if (path === 'keras.Input' || path === 'keras.layers.Input' || path === 'keras.layers.InputLayer') return inputTensor(m, 'keras', name, path.endsWith('InputLayer') ? { ...given, values: [], named: new Map([...given.named, ...(given.values[0] ? [['shape', given.values[0]] as const] : [])]) } : given, expr);
  if (path === 'keras.Sequential') {
    const layers = given.values[0] ?? given.named.get('layers');
    const items = layers && layers.t !== 'none' ? m.items(layers) : [];
    const chain = makeChain(m, 'keras', name, true, items ?? [], expr);
    if (!items) chain.uncertain = 'Its list of layers is not known here.';
    return chain;
  }
  if (path === 'keras.Model') {
    const config = bind(['inputs', 'outputs'], given);
    const [inputs, outputs] = [config.values.get('inputs') ?? config.values.get('input'), config.values.get('outputs') ?? config.values.get('output')];
    return inputs && outputs ? makeGraph(m, 'keras', name, inputs, outputs, expr) : undefined;
  }
  if (path.startsWith('keras.applications.')) return application(m, name, given, expr);
  if (!path.startsWith('keras.layers.')) return undefined;
  if (Object.hasOwn(functional, name) && given.values[0]) {
    const rule = kerasRule(functional[name]!)!.rule;
    const layer = makeLayer(m, 'keras', name, rule, { ...given, values: given.values.slice(1) }, expr);
    return apply(m, layer, [given.values[0]]);
  }
  const found = kerasRule(name);
  return found && makeLayer(m, 'keras', found.name, found.rule, given, expr);
}

/** Methods of models and layers in Keras and TensorFlow.js. undefined: none that is known here. */
export function kerasModelMethod(m: Machine, object: LayerValue | ChainValue | GraphValue | InstanceValue, name: string, given: Given): Value | undefined {
  if (name === 'add' && object.t === 'chain') {
    if (given.values[0]) append(m, object, given.values[0]);
    return none;
  }
  if (name === 'pop' && object.t === 'chain') {
    object.uncertain = 'A layer is taken away again.';
    return opaque();
  }
  if (name === 'call') return apply(m, object, given.values, undefined, given.named);
  if (name === 'build' && (object.t === 'instance' || (object.t === 'chain' && !object.input))) {
    const value = given.values[0] ?? given.named.get('input_shape');
    const shape = value && inputShape(value, true);
    if (!shape || (object.t === 'instance' && object.of.members.has('build'))) return none;
    const input = tensor(shape);
    if (object.t === 'chain') object.input = input;
    const result = apply(m, object, [input]);
    if (object.t === 'chain' && result.t === 'tensor') object.output = result;
    return none;
  }
  if (name === 'add_weight' && object.t === 'instance') {
    const config = bind(['shape'], given);
    const value = config.values.get('shape');
    const sizes = value && (value.t === 'list' || value.t === 'tuple') ? value.items.map((item) => asSym(item) ?? null) : value ? [asSym(value) ?? null] : [];
    return parameterTensor({ dims: sizes });
  }
  if (name === 'get_layer') return opaque(undefined, 'A layer is taken out of another model.');
  return name === 'summary' || name === 'fit' || name === 'compile' || name === 'build' ? none : undefined;
}

/** A tensor that is a weight. */
export function parameterTensor(shape: Shape | undefined): TensorValue {
  const size = shape && elements(shape.dims);
  const leaf: Leaf = size ? { parameters: size } : {};
  return { t: 'tensor', shape, assumed: false, parents: [], leaves: [leaf], isParameter: true };
}

/** Channels and parameters without the top, and parameters of the top beyond its last Dense, by Keras' own table. */
const applications: Readonly<Record<string, readonly [channels: number, parameters: number, before?: number]>> = {
  VGG16: [512, 14_714_688, 119_545_856], VGG19: [512, 20_024_384, 119_545_856], ResNet50: [2048, 23_587_712], ResNet101: [2048, 42_658_176], ResNet152: [2048, 58_370_944],
  ResNet50V2: [2048, 23_564_800], ResNet101V2: [2048, 42_626_560], ResNet152V2: [2048, 58_331_648], InceptionV3: [2048, 21_802_784], InceptionResNetV2: [1536, 54_336_736], Xception: [2048, 20_861_480],
  MobileNet: [1024, 3_228_864], MobileNetV2: [1280, 2_257_984], DenseNet121: [1024, 7_037_504], DenseNet169: [1664, 12_642_880], DenseNet201: [1920, 18_321_984],
  EfficientNetB0: [1280, 4_049_571], EfficientNetB1: [1280, 6_575_239], EfficientNetB2: [1408, 7_768_569], EfficientNetB3: [1536, 10_783_535], EfficientNetB4: [1792, 17_673_823], EfficientNetB5: [2048, 28_513_527], EfficientNetB6: [2304, 40_960_143], EfficientNetB7: [2560, 64_097_687],
  NASNetMobile: [1056, 4_269_716], NASNetLarge: [4032, 84_916_818],
};
/** Their last grid is a 32nd of pictures whose sides 32 divides. */
const regular = /^(?:VGG|ResNet|MobileNet|DenseNet|EfficientNet)/;

function application(m: Machine, name: string, given: Given, expr: CallExpr): Value | undefined {
  if (!Object.hasOwn(applications, name)) return undefined;
  const [channels, parameters, before] = applications[name]!;
  const option = (key: string): Value | undefined => (given.named.get(key)?.t === 'none' ? undefined : given.named.get(key));
  const top = option('include_top') ?? given.values[0];
  const side = /InceptionV3|InceptionResNetV2|Xception/.test(name) ? 299 : name === 'NASNetLarge' ? 331 : ({ EfficientNetB1: 240, EfficientNetB2: 260, EfficientNetB3: 300, EfficientNetB4: 380, EfficientNetB5: 456, EfficientNetB6: 528, EfficientNetB7: 600 } as Record<string, number>)[name] ?? 224;
  const picture = option('input_tensor');
  const withTop = top === undefined || (top.t === 'boolean' && top.value);
  const stated = option('input_shape') ? inputShape(option('input_shape')!, false) : undefined;
  const shape: Shape | undefined = picture?.t === 'tensor' ? picture.shape : stated ?? { dims: [Sym.symbol('N'), ...(withTop ? [int(side), int(side)] : [Sym.symbol('H'), Sym.symbol('W')]), int(3)] };
  const input = picture?.t === 'tensor' ? picture : tensor(shape);
  const standard = option('alpha') === undefined && (shape?.dims[3]?.value ?? 3) === 3 && (top === undefined || top.t === 'boolean') && (!withTop || !before || shape?.dims[1]?.value === 224);
  const classes = option('classes') ? asSym(option('classes')) : int(1000);
  const head = classes && int(before ? 4096 : channels).plus(1).times(classes).plus(before ?? 0);
  const leaf: Leaf = !standard ? {} : withTop ? (head ? { parameters: head.plus(parameters) } : {}) : { parameters: int(parameters) };
  const grid = (size: Size | undefined): Size => {
    const cells = size && regular.test(name) ? size.dividedBy(int(32)) : undefined;
    return cells ?? (size?.value !== undefined && regular.test(name) && !/^(?:VGG)/.test(name) ? size.ceilDiv(32) : null);
  };
  const pooling = option('pooling');
  const batch = shape?.dims[0] ?? null;
  const output: Shape | undefined = top !== undefined && top.t !== 'boolean' ? undefined
    : withTop ? { dims: [batch, classes ?? null] }
      : pooling ? { dims: [batch, int(channels)] }
        : { dims: [batch, grid(shape?.dims[1]), grid(shape?.dims[2]), standard ? int(channels) : null] };
  return makeGraph(m, 'keras', name, input, tensor(output, [input], [leaf]), expr);
}

