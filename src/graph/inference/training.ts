/** ai.onnx.preview.training: optimizer steps, and gradients by name. */
import type { InferRule, InferTable } from './context';
import { tensor } from './context';

/**
 * R, T, then `groups` groups of equally many tensors: values, gradients, accumulated state…; the outputs are all of
 * them but the gradients.
 */
function optimizer(groups: number): InferRule {
  return (c) => {
    const count = Math.floor((c.node.inputs.length - 2) / groups);
    return c.node.outputs.map((_, index) => {
      const from = 2 + (index < count ? index : index + count);
      return tensor(c.dtype(from), c.dims(from));
    });
  };
}

/** One gradient for each tensor in `xs`, which are the first inputs. */
const gradient: InferRule = (c) => c.node.outputs.map((_, index) => tensor(c.dtype(index), c.dims(index)));

export const trainingRules: InferTable = { Adagrad: optimizer(3), Momentum: optimizer(3), Adam: optimizer(4), Gradient: gradient };
