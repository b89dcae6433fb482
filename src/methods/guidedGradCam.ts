/** Guided Grad-CAM: the fine structure of guided backpropagation where Grad-CAM sees what speaks for the class. */
import { resizeBilinear, resizeNearest } from '../tensor/resample';
import { floatTensor } from '../tensor/tensor';
import { gradCam } from './gradCam';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { ParameterReader, resolveParameters } from './parameters';
import { overChannels, pictureShape } from './picture';
import { rectifiedMap } from './rectified';
import { explainedInput } from './samples';

/**
 * Guided backpropagation times the rectified Grad-CAM map, enlarged to the input.
 *
 * Selvaraju et al.: Grad-CAM, 2016, arXiv 1610.02391. The numbers are captum's `GuidedGradCam(model, layer).attribute(x,
 * target, interpolate_mode='nearest')`. It always enlarges over axes 2 and 3 of the input, which for pictures stored as
 * [1, H, W, C] are not the picture's; the preset `captum` does the same, the others lay the map over the picture.
 */
export const guidedGradCam: Method = {
  id: 'guided-grad-cam',
  title: 'Guided Grad-CAM',
  question: 'Which fine structures lie in the region that speaks for the class?',
  group: 'where-it-looks',
  source: 'Selvaraju et al. 2016, arXiv 1610.02391',
  kinds: ['image', 'tensor'],
  needs: 'gradient',
  hasLayer: true,
  parameters: [
    { name: 'interpolation', type: 'choice', choices: ['nearest', 'bilinear'], default: 'nearest', about: 'How the map of the layer is enlarged to the input.' },
    { name: 'over', type: 'choice', choices: ['picture', 'last-axes'], default: 'picture', about: 'What the map is laid over: height and width, or the last two axes of the input, as captum does also where these are width and channels.' },
  ],
  presets: { nearest: { interpolation: 'nearest' }, smooth: { interpolation: 'bilinear' }, captum: { interpolation: 'nearest', over: 'last-axes' } },
  reduction: () => 'sum',
  applies: (context) => gradCam.applies(context),
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(guidedGradCam, context.parameters).parameters);
  const { dims } = explainedInput(context);
  const lastAxes = parameters.text('over') === 'last-axes';
  const shape = pictureShape(dims, lastAxes ? 'NCHW' : context.layout, 'Guided Grad-CAM');
  yield { done: 0, total: 2 };
  const { cam, layer, checks: camChecks, chosen } = await finished(gradCam.explain({ ...context, parameters: { relu: true, scaling: 'none' } }));
  if (!cam) throw new Error('Grad-CAM returned no map of the layer');
  const enlarge = parameters.text('interpolation') === 'nearest' ? resizeNearest : resizeBilinear;
  const map = overChannels(enlarge(cam.data, cam.dims[3]!, cam.dims[2]!, shape.width, shape.height), dims, shape);
  yield { done: 1, total: 2, partial: map };
  const { values: fine, score, checks } = await rectifiedMap('guided', context);
  const values = floatTensor(dims);
  for (let i = 0; i < values.data.length; i++) values.data[i] = fine.data[i]! * map.data[i]!;
  yield { done: 2, total: 2, partial: values };
  return { values, cam, ...(layer !== undefined && { layer }), score, checks: [...camChecks, ...checks], ...(chosen && { chosen }) };
}

async function finished(run: AsyncGenerator<Progress, Attribution, void>): Promise<Attribution> {
  for (;;) {
    const step = await run.next();
    if (step.done) return step.value;
  }
}
