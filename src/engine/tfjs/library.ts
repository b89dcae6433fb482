/**
 * The parts of TensorFlow.js that running a model takes, on its plain JavaScript backend. Bundled into a file of its
 * own (dist/tfjs.cjs), which is only loaded for a model that ONNX cannot express.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';

export { backend_util, dispose, env, ready, setBackend, tensor, version_core } from '@tensorflow/tfjs-core';
export { loadGraphModel } from '@tensorflow/tfjs-converter';
export { loadLayersModel } from '@tensorflow/tfjs-layers';
