/** Every explanation method, in the order they are offered. A new method is one file and one line here. */
import { gradCam } from './gradCam';
import { integratedGradients } from './integratedGradients';
import type { Method } from './method';
import { ParameterError } from './parameters';
import { prediction } from './prediction';
import { saliency } from './saliency';

export const methods: readonly Method[] = [prediction, saliency, integratedGradients, gradCam];

export function findMethod(id: string): Method | undefined {
  return methods.find((method) => method.id === id);
}

/** The method called `id`; throws ParameterError naming the known ones. */
export function methodById(id: string): Method {
  const method = findMethod(id);
  if (method === undefined) throw new ParameterError(`method '${id}': not found, expected one of ${methods.map((known) => known.id).join(', ')}`);
  return method;
}
