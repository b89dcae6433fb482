/** LIME for a row of a table: a linear model of which features are in the same part of their range as the row's. */
import { drawRandom, drawingParameters } from '../drawing';
import type { Coalition } from '../features/coalitions';
import { categories, quartiles } from '../limeColumns';
import type { SurrogateFit } from '../limeSurrogate';
import { limeValues, surrogateParameters, weightAt } from '../limeValues';
import { ParameterError, ParameterReader, resolveParameters } from '../parameters';
import { columnOf, makeRows } from './rows';
import { rowOfContext, scoreOfRow } from './shap';
import type { Attributions, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

/** A fit takes time with the cube of the features, and nothing can be cancelled meanwhile. */
const mostFeatures = 2048, drawsAtOnce = 512;

/**
 * Every feature gets a part of its range (by quartiles) or a category as often as the table has it, and in a part a value
 * from the normal distribution of the table's values there; the score is fitted to which parts are the row's own, near
 * rows counting more. A value says by how much the score rises when the feature is in the row's part, on average over
 * what else is.
 *
 * Ribeiro, Singh, Guestrin 2016, arXiv 1602.04938. Preset `lime`: their `LimeTabularExplainer` with quartiles, 5000
 * samples, kernel width 0.75·√features, ridge with α 1.
 */
export const lime: TableMethod = {
  id: 'lime',
  title: 'LIME',
  question: 'Which features does a simple linear model need to do what the model does around this row?',
  source: 'Ribeiro et al. 2016, arXiv 1602.04938',
  scope: 'local',
  needs: ['row'],
  parameters: [
    ...drawingParameters(5000),
    { name: 'kernelWidth', type: 'number', default: 0, minimum: 0, maximum: 1e6, about: 'How far from the row neighbours still count: the root of how many features differ; 0 takes 0.75·√features.' },
    ...surrogateParameters,
  ],
  presets: { lime: {} },
  applies: ({ model, data }) => {
    if (data.count < 2) return { applies: false, reason: `At least two rows are needed to draw neighbours from, found ${data.count}.` };
    return model.features.length > mostFeatures ? { applies: false, reason: `With ${model.features.length} features the fit would take minutes; permutation-shap takes any number.` } : { applies: true };
  },
  explain,
};

async function* explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void> {
  const { model, data, seed, signal } = context, width = model.features.length, row = rowOfContext(context);
  if (width > mostFeatures) throw new ParameterError(`lime: found ${width} features, expected at most ${mostFeatures}; take permutation-shap`);
  const score = await scoreOfRow(context, row);
  const reader = new ParameterReader(resolveParameters(lime, context.parameters).parameters);
  const columns = model.features.map(({ kind }, feature) => (kind === 'category' ? categories : quartiles)(columnOf(data, width, feature))), own = columns.map((column, feature) => column.binOf(row[feature]!));
  /** Draw number `index`, written to `into`; draw 0 is the row itself. */
  const neighbour = (index: number, into: Float64Array): Coalition => {
    const sample = new Uint8Array(width).fill(1);
    into.set(row);
    if (index === 0) return sample;
    const random = drawRandom(seed, index);
    columns.forEach((column, feature) => {
      const { bin, value } = column.draw(random);
      into[feature] = value;
      if (bin !== own[feature]) sample[feature] = 0;
    });
    return sample;
  };
  const draw = async (start: number, count: number): Promise<{ samples: Coalition[]; scores: Float64Array }> => {
    const samples: Coalition[] = [], rows = makeRows({ count, write: (index, into) => samples.push(neighbour(start + index, into)) }, 0, count, width);
    signal.throwIfAborted();
    const scores = await model.scores(rows);
    signal.throwIfAborted();
    return { samples, scores };
  };
  const kernelWidth = reader.number('kernelWidth') || 0.75 * Math.sqrt(width), weightOf = (sample: Coalition): number => weightAt(Math.sqrt(width - sample.reduce((sum, same) => sum + same, 0)), kernelWidth);
  const run = limeValues({ count: width, batch: drawsAtOnce, draw }, weightOf, reader, 5000);
  for (;;) {
    const step = await run.next();
    if (step.done) {
      const { fit, checks, chosen } = step.value;
      return { finding: found(fit), checks, chosen: { ...chosen, kernelWidth } };
    }
    const { done, total, fit, standardError } = step.value;
    yield { done, total, ...(fit && { partial: found(fit) }), ...(standardError !== undefined && { standardError }) };
  }

  function found({ coefficients, intercept, standardErrors }: SurrogateFit): Attributions {
    return { kind: 'attributions', base: intercept, places: Int32Array.of(-1), rows: row, values: coefficients, standardErrors, scores: Float64Array.of(score) };
  }
}
