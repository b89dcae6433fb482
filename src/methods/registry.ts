/** Every explanation method, in the order they are offered. A new method is one file and one line here. */
import { ablationCam } from './ablationCam';
import { eigenCam } from './eigenCam';
import { gradCam } from './gradCam';
import { gradCamPlusPlus } from './gradCamPlusPlus';
import { gradientShap } from './gradientShap';
import { hiresCam } from './hiresCam';
import { integratedGradients } from './integratedGradients';
import { layerCam } from './layerCam';
import type { Method } from './method';
import { ParameterError } from './parameters';
import { prediction } from './prediction';
import { saliency } from './saliency';
import { scoreCam } from './scoreCam';
import { smoothGrad } from './smoothGrad';
import { squareGrad } from './squareGrad';
import { varGrad } from './varGrad';
import { xGradCam } from './xGradCam';

export const methods: readonly Method[] = [
  prediction, saliency, smoothGrad, squareGrad, varGrad,
  integratedGradients, gradientShap,
  gradCam, gradCamPlusPlus, hiresCam, xGradCam, layerCam, eigenCam, scoreCam, ablationCam,
];

export function findMethod(id: string): Method | undefined {
  return methods.find((method) => method.id === id);
}

/** The method called `id`; throws ParameterError naming the known ones. */
export function methodById(id: string): Method {
  const method = findMethod(id);
  if (method === undefined) throw new ParameterError(`method '${id}': not found, expected one of ${methods.map((known) => known.id).join(', ')}`);
  return method;
}
