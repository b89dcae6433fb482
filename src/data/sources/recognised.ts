/**
 * Models whose makers are recognised by the marks they leave in the file. Each row says what it goes by; what it
 * yields is marked as assumed, for a fine-tuned copy may be fed differently.
 */
import type { ModelFile } from '../../graph/graph';
import type { ImageKnowledge } from '../knowledge';

/** BGR in 0…255 minus the ImageNet mean, no deviation: Caffe's and Caffe2's classifiers, Keras' older ones. */
const caffe = { channels: 'BGR', scaling: { range: [0, 255], mean: [103.939, 116.779, 123.68] } } as const;
const symmetric = { channels: 'RGB', scaling: { range: [-1, 1] } } as const;
const imagenet = { channels: 'RGB', scaling: { range: [0, 1], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } } as const;
const bytes = { channels: 'RGB', scaling: { range: [0, 255] } } as const;

/** keras.applications by the model's name (each module's preprocess_input). */
const kerasApplications: readonly (readonly [RegExp, typeof caffe | typeof symmetric | typeof imagenet | typeof bytes])[] = [
  [/^(vgg16|vgg19|resnet(50|101|152))$/i, caffe],
  [/^densenet(121|169|201)$/i, imagenet],
  [/^(efficientnet(v2)?|mobilenet_?v3|convnext|regnet)/i, bytes],
  [/^(xception|inception_v3|inception_resnet_v2|nasnet.*|mobilenet_[\d.]+_\d+|mobilenetv2_[\d.]+_\d+|resnet(50|101|152)v2)$/i, symmetric],
];

/** What is known about a picture input of `model`, by its producer's marks. */
export function fromRecognition(model: ModelFile, input: string, height: number | undefined, channels: number): ImageKnowledge | undefined {
  const recognised = (what: string, how: Pick<ImageKnowledge, 'channels' | 'scaling'>): ImageKnowledge => ({ source: 'assumed', assumption: what, ...how });
  // Caffe2's exporter names the input data_0 (or gpu_0/data_0); its model zoo was trained on ImageNet in BGR.
  if (/caffe2/i.test(model.producer) && /(^|\/)data(_0)?$/.test(input) && channels === 3 && height !== undefined && height >= 200) {
    return recognised('recognised as a Caffe2 export: BGR, 0…255, minus the ImageNet mean', caffe);
  }
  for (const name of channels === 3 ? kerasNames(model) : []) {
    const application = kerasApplications.find(([pattern]) => pattern.test(name));
    if (application) return recognised(`recognised by the name ${name} as a Keras application, prepared as Keras does`, application[1]);
  }
  if (/pytorch/i.test(model.producer) && channels === 1 && height === 28) {
    return recognised("grey 28×28 pictures from PyTorch: MNIST's mean 0.1307 and deviation 0.3081", { channels: 'grey', scaling: { range: [0, 1], mean: [0.1307], std: [0.3081] } });
  }
  return undefined;
}

/** Names a Keras model may go by: the graph's, and the scopes of its first nodes (Call/vgg16/block1_conv1/…). */
function kerasNames(model: ModelFile): Set<string> {
  const names = new Set<string>();
  if (model.format === 'onnx' && !/tf2onnx|keras/i.test(model.producer)) return names;
  names.add(model.graph.name);
  for (const node of model.graph.nodes.slice(0, 12)) {
    for (const text of [node.name, ...node.inputs, ...node.outputs]) {
      if (text.length < 500) for (const scope of text.split('/').slice(0, 4)) names.add(scope.replace(/_\d$/, '')).add(scope);
    }
  }
  return names;
}
