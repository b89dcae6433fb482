/** Integrated Gradients for a row of a table: what each number contributed to the change of the score from a baseline row. */
import { completenessCheck, refiningParameters, stepParameters } from '../integratedGradients';
import { ParameterError, ParameterReader, resolveParameters } from '../parameters';
import { fixedPath, type GradientsAlong, type PathEstimate } from '../pathIntegral';
import { quadrature, type QuadratureName } from '../quadrature';
import { refinedPath } from '../refinedPath';
import { baselineParameters, movingFeatures, tableBaselines } from './baselines';
import { makeRows } from './rows';
import { rowOfContext, scoreOfRow } from './shap';
import type { Attributions, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

/**
 * (x − x′) · ∫₀¹ ∂ score / ∂ feature (x′ + α (x − x′)) dα. Categories have no slope: they stay as in the row and
 * contribute nothing, so that the values explain the change from the baseline with the row's own categories.
 *
 * Sundararajan, Taly, Yan 2017, arXiv 1703.01365. Preset `captum`: 50 steps of Gauss–Legendre from zeros.
 */
export const integratedGradients: TableMethod = {
  id: 'integrated-gradients',
  title: 'Integrated Gradients',
  question: "How much did each number of this row contribute to its score, counted from a usual row's?",
  source: 'Sundararajan et al. 2017, arXiv 1703.01365',
  scope: 'local',
  needs: ['row', 'gradient'],
  parameters: [...stepParameters, ...baselineParameters, ...refiningParameters],
  presets: { adaptive: {}, captum: { nSteps: 50, quadrature: 'gausslegendre', baseline: 'zeros' } },
  applies: differentiable,
  explain,
};

/** Whether there is a slope, and a row with numbers to take it at. */
export function differentiable({ model, data, row }: Omit<TableContext, 'signal'>): { applies: boolean; reason?: string } {
  if (!model.gradients) return { applies: false, reason: 'The model has no gradient to its features.' };
  if (data.count === 0) return { applies: false, reason: 'The table has no rows that could tell what is usual.' };
  return row && movingFeatures({ model }, row).length === 0 ? { applies: false, reason: 'The row has no numbers: categories have no slope.' } : { applies: true };
}

async function* explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void> {
  const { model } = context, row = rowOfContext(context), score = await scoreOfRow(context, row), moving = movingFeatures(context, row);
  const parameters = new ParameterReader(resolveParameters(integratedGradients, context.parameters).parameters), baselines = tableBaselines(context, row, moving, parameters);
  const nSteps = parameters.number('nSteps'), name = parameters.text('quadrature') as QuadratureName, tolerance = parameters.number('tolerance');
  if (nSteps === 1 && name !== 'gausslegendre') throw new ParameterError(`parameter 'nSteps': found 1, expected at least 2 for ${name}`);
  const rule = nSteps > 0 ? quadrature(name, nSteps) : undefined, gradients = alongRow(context, row, moving), pick = (values: Float64Array): Float32Array => Float32Array.from(moving, (feature) => values[feature]!);
  const to = pick(row), sums = new Float64Array(model.features.length);
  let base = 0, steps = 0;
  const found = (values: Float64Array, from: number): Attributions => ({ kind: 'attributions', base: from, places: Int32Array.of(-1), rows: row, values, scores: Float64Array.of(score) });
  for (const [index, baseline] of baselines.entries()) {
    const from = pick(baseline), path = rule ? fixedPath(gradients, from, to, rule) : refinedPath(gradients, from, to, { tolerance, maxSteps: parameters.number('maxSteps') });
    const added = ({ gradient }: PathEstimate): Float64Array => {
      const out = sums.slice();
      moving.forEach((feature, i) => { out[feature]! += (to[i]! - from[i]!) * gradient[i]!; });
      return out;
    };
    let step = await path.next();
    while (!step.done) {
      const { done, total, scoreStart } = step.value, estimate = added(step.value);
      if (Number.isFinite(scoreStart)) yield { done: steps + done, total: steps + total + (baselines.length - index - 1) * total, partial: found(estimate.map((value) => value / (index + 1)), (base + scoreStart) / (index + 1)) };
      step = await path.next();
    }
    sums.set(added(step.value));
    base += step.value.scoreStart;
    steps += step.value.done;
  }
  const values = sums.map((value) => value / baselines.length), start = base / baselines.length;
  return {
    finding: found(values, start),
    checks: [completenessCheck(values.reduce((sum, value) => sum + value, 0), start, score, tolerance), ...keptCheck(moving, row)],
    chosen: { gradients: steps, baselines: baselines.length },
  };
}

/** Says which features have no slope and were kept. */
export function keptCheck(moving: Int32Array, row: Float64Array): TableResult['checks'] {
  const kept = row.length - moving.length;
  return kept ? [{ id: 'kept', value: kept, ok: true, message: `${kept} of ${row.length} features are categories (or missing) and have no slope: they are as in the row on the whole way, and contribute nothing here. SHAP methods take them too.` }] : [];
}

/** Scores and gradients of the row with other numbers in the features that move. */
function alongRow({ model, signal }: TableContext, row: Float64Array, moving: Int32Array): GradientsAlong {
  const width = row.length, size = moving.length, usual = 64;
  return async function* (variants, batch = usual) {
    const point = new Float32Array(size);
    for (let start = 0; start < variants.count; start += batch) {
      signal.throwIfAborted();
      const count = Math.min(batch, variants.count - start), rows = makeRows({
        count,
        write: (index, into) => {
          variants.write(start + index, point);
          into.set(row);
          moving.forEach((feature, i) => { into[feature] = point[i]!; });
        },
      }, 0, count, width);
      const slopes = await model.gradients!(rows), scores = await model.scores(rows);
      yield { start, count, scores, gradients: Float64Array.from({ length: count * size }, (_, i) => slopes[Math.floor(i / size) * width + moving[i % size]!]!) };
    }
    signal.throwIfAborted();
  };
}
