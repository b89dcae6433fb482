/** Every explanation method, in the order they are offered. A new method is one file and one line here. */
import { ablationCam } from './ablationCam';
import { attentionGradient } from './attentionGradient';
import { attentionRollout } from './attentionRollout';
import { blurIg } from './blurIg';
import { deconvnet } from './deconvnet';
import { deepLift } from './deepLift';
import { eigenCam } from './eigenCam';
import { exactShap } from './exactShap';
import { featureAblation } from './featureAblation';
import { fullGrad } from './fullGrad';
import { gradCam } from './gradCam';
import { gradCamPlusPlus } from './gradCamPlusPlus';
import { gradientShap } from './gradientShap';
import { guidedBackprop } from './guidedBackprop';
import { guidedGradCam } from './guidedGradCam';
import { guidedIg } from './guidedIg';
import { hiresCam } from './hiresCam';
import { hsic } from './hsic';
import { inputXGradient } from './inputXGradient';
import { integratedGradients } from './integratedGradients';
import { internalInfluence } from './internalInfluence';
import { kernelShap } from './kernelShap';
import { layerActivation } from './layerActivation';
import { layerCam } from './layerCam';
import { layerConductance } from './layerConductance';
import { layerGradientXActivation } from './layerGradientXActivation';
import { lime } from './lime';
import { lrp } from './lrp';
import type { Method } from './method';
import { morris } from './morris';
import { neuronConductance } from './neuronConductance';
import { occlusion } from './occlusion';
import { ParameterError } from './parameters';
import { partitionShap } from './partitionShap';
import { permutationShap } from './permutationShap';
import { prediction } from './prediction';
import { rise } from './rise';
import { saliency } from './saliency';
import { scoreCam } from './scoreCam';
import { smoothGrad } from './smoothGrad';
import { sobol } from './sobol';
import { squareGrad } from './squareGrad';
import { throughEmbedding } from './throughEmbedding';
import { varGrad } from './varGrad';
import { xGradCam } from './xGradCam';
import { xrai } from './xrai';

export const methods: readonly Method[] = [
  prediction, ...[saliency, inputXGradient, guidedBackprop, deconvnet, smoothGrad, squareGrad, varGrad].map(throughEmbedding),
  ...[integratedGradients, gradientShap].map(throughEmbedding), blurIg, throughEmbedding(guidedIg), xrai, ...[deepLift, lrp].map(throughEmbedding),
  gradCam, gradCamPlusPlus, hiresCam, xGradCam, layerCam, eigenCam, scoreCam, ablationCam, guidedGradCam, fullGrad,
  attentionRollout, attentionGradient,
  occlusion, featureAblation, rise, sobol, hsic, morris,
  lime, kernelShap, permutationShap, partitionShap, exactShap,
  layerActivation, layerGradientXActivation, ...[layerConductance, internalInfluence, neuronConductance].map(throughEmbedding),
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
