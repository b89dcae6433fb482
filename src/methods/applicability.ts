/** Whether a method can say anything about a model: asked before it is offered. */
import type { CompositeSpec } from '../autodiff/composites';
import { isFloat } from '../tensor/dtype';
import type { Applicability, MethodContext } from './method';

type Question = Pick<MethodContext, 'model' | 'target' | 'input' | 'kind'>;

/** Gradient methods: the input is of real numbers, and a differentiable path leads from it to the target. */
export async function gradientApplicability({ model, target, input }: Question, composite?: CompositeSpec): Promise<Applicability> {
  const port = model.inputs.find(({ name }) => name === input);
  if (port && !isFloat(port.dtype)) return { applies: false, reason: `Input '${input}' holds ${port.dtype} values, which have no gradient.` };
  // A target that cannot be differentiated at all (whole numbers, no dims) is refused in words of its own.
  const obstacle = await model.whyNotDifferentiable(target, input, composite).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  return obstacle === undefined ? { applies: true } : { applies: false, reason: obstacle };
}

/** Methods that fade parts of the input or step through their range: the input is of real numbers. */
export async function realApplicability({ model, input }: Pick<Question, 'model' | 'input'>): Promise<Applicability> {
  const port = model.inputs.find(({ name }) => name === input);
  if (port && !isFloat(port.dtype)) return { applies: false, reason: `Input '${input}' holds ${port.dtype} values, which have nothing in between.` };
  return { applies: true };
}
