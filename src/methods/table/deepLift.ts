/** DeepLIFT for a row of a table: what each number contributed to the change of the score from a baseline row. */
import { completenessCheck } from '../integratedGradients';
import { ParameterReader, resolveParameters } from '../parameters';
import { allScores } from './rows';
import { baselineParameters, movingFeatures, tableBaselines } from './baselines';
import { differentiable, keptCheck } from './integratedGradients';
import { rowOfContext, scoreOfRow } from './shap';
import type { Attributions, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

/** Baselines between two looks. */
const atOnce = 64;

/**
 * (x − x′) · multiplier, where multipliers are quotients of changes, carried back layer by layer (the rescale rule);
 * averaged over baselines where there are several. Categories stay as in the row and contribute nothing.
 *
 * Shrikumar, Greenside, Kundaje 2017, arXiv 1704.02685. Preset `captum`: eps 1e-10, zeros; `shap`: shap's
 * `DeepExplainer` over rows of the table, eps 1e-6.
 */
export const deepLift: TableMethod = {
  id: 'deeplift',
  title: 'DeepLIFT',
  question: "How much did each number of this row contribute to the change of the score from a usual row's, counted through every unit's own change?",
  source: 'Shrikumar et al. 2017, arXiv 1704.02685',
  scope: 'local',
  needs: ['row', 'gradient'],
  parameters: [
    ...baselineParameters,
    { name: 'eps', type: 'number', default: 1e-6, minimum: 0, maximum: 1, about: 'A unit whose input changed by less than this keeps its gradient instead of a quotient of changes.' },
    { name: 'tolerance', type: 'number', default: 0.01, minimum: 1e-6, maximum: 1, about: 'How far the sum of the values may miss the change of the score, as a fraction of it, before the result says so.' },
  ],
  presets: { mean: {}, captum: { baseline: 'zeros', eps: 1e-10 }, shap: { baseline: 'rows', nBaselines: 100 } },
  applies: (context) => (context.model.gradients && !context.model.multipliers ? { applies: false, reason: 'The model offers gradients, but not those of changes.' } : differentiable(context)),
  explain,
};

async function* explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void> {
  const { model, signal } = context, width = model.features.length, row = rowOfContext(context), score = await scoreOfRow(context, row), moving = movingFeatures(context, row);
  const parameters = new ParameterReader(resolveParameters(deepLift, context.parameters).parameters), baselines = tableBaselines(context, row, moving, parameters), total = baselines.length;
  const starts = await allScores(context, { count: total, write: (index, into) => into.set(baselines[index]!) }), sums = new Float64Array(width);
  const found = (count: number): Attributions => ({ kind: 'attributions', base: starts.subarray(0, count).reduce((sum, value) => sum + value, 0) / count, places: Int32Array.of(-1), rows: row, values: sums.map((value) => value / count), scores: Float64Array.of(score) });
  for (let start = 0; start < total; start += atOnce) {
    signal.throwIfAborted();
    const part = baselines.slice(start, start + atOnce), count = part.length, flat = new Float64Array(count * width), rows = new Float64Array(count * width);
    part.forEach((baseline, k) => { flat.set(baseline, k * width); rows.set(row, k * width); });
    const multipliers = await model.multipliers!({ count, values: rows }, { count, values: flat }, parameters.number('eps'));
    part.forEach((baseline, k) => { for (const feature of moving) sums[feature]! += multipliers[k * width + feature]! * (row[feature]! - baseline[feature]!); });
    yield { done: start + count, total, partial: found(start + count) };
  }
  const finding = found(total);
  return {
    finding,
    checks: [
      completenessCheck(finding.values.reduce((sum, value) => sum + value, 0), finding.base, score, parameters.number('tolerance'), 'some layers pass on less or more than changed in them, so take the values for their order, not their amounts'),
      ...keptCheck(moving, row),
    ],
    chosen: { baselines: total },
  };
}
