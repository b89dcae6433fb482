/** Shapley values of many rows: which features move the score, by how much, and in which direction. */
import { ParameterError, ParameterReader, resolveParameters } from '../parameters';
import { relativeError } from '../shapley/game';
import { backgroundOf, backgroundParameters } from './background';
import { RowGame } from './rowGame';
import { allScores, drawnRows, rowOf, tableRows } from './rows';
import { shapEngines, type ShapEngine } from './shap';
import type { Attributions, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

/** Up to here all combinations are tried. */
const mostExact = 8, exactLimit = 16;
/** Half of what a single row is compared with: time goes with it, and many rows are explained. */
const usualBackground = 50;
const engines = ['auto', 'exact', 'kernel', 'permutation'] as const;

/**
 * Rows are drawn at random, so that the first ones already stand for the table; each is explained against the same
 * background. The mean of |values| is a feature's importance, and every row stays what it is for a beeswarm.
 *
 * Lundberg et al. 2020, arXiv 1905.04610 (summary plots). `auto` tries all combinations of up to 8 features, and walks
 * random orders of more.
 */
export const shapSummary: TableMethod = {
  id: 'shap-summary',
  title: 'SHAP summary',
  question: 'Which features move the score of single rows, by how much, and which way?',
  source: 'Lundberg et al. 2020, arXiv 1905.04610',
  scope: 'global',
  needs: [],
  parameters: [
    { name: 'rows', type: 'integer', default: 200, minimum: 1, maximum: 10_000, about: 'Rows that are explained, drawn at random.' },
    { name: 'engine', type: 'choice', choices: engines, default: 'auto', about: 'How the values of a row are found: over all combinations (exact), by KernelSHAP, or over random orders (permutation).' },
    { name: 'nSamples', type: 'integer', default: 0, minimum: 0, maximum: 100_000, about: 'For each row: combinations (kernel) or orders (permutation); 0 stops once its estimate is stable (see tolerance).' },
    { name: 'maxEvals', type: 'integer', default: 500, minimum: 1, maximum: 1_000_000, about: 'For each row: the most combinations that are tried when nSamples is 0; one order is always walked.' },
    { name: 'tolerance', type: 'number', default: 0.05, minimum: 1e-6, maximum: 1, about: "The standard error of a row's values that counts as stable, as a fraction of the largest value." },
    ...backgroundParameters.map((spec) => (spec.name === 'backgroundRows' ? { ...spec, default: usualBackground } : spec)),
  ],
  presets: { shap: {}, quick: { rows: 50, background: 'centres', backgroundRows: 10 } },
  applies: ({ data }) => (data.count > 0 ? { applies: true } : { applies: false, reason: 'The table has no rows.' }),
  explain,
};

async function* explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void> {
  const { model, data, seed } = context, width = model.features.length, { parameters } = resolveParameters(shapSummary, context.parameters), reader = new ParameterReader(parameters);
  const background = await backgroundOf(context, reader), drawn = context.given?.rows ? Int32Array.from(context.given.rows) : drawnRows(data.count, reader.number('rows'), seed + 1);
  const wholes = await allScores(context, tableRows(data, width, drawn)), places = drawn.filter((_, k) => Number.isFinite(wholes[k]!)), scores = wholes.filter(Number.isFinite);
  const count = places.length, values = new Float64Array(count * width), rows = new Float64Array(count * width), errors = new Float64Array(count * width);
  if (count === 0) throw new ParameterError(`rows: the score of all ${drawn.length} rows is no number (missing values?), expected rows that the model can answer`);
  const asked = reader.text('engine') as (typeof engines)[number], used = new Set<string>(), most = reader.number('maxEvals');
  let worst = 0, unsure = 0, misses = 0, sampled = false;
  const found = (upTo: number): Attributions => ({
    kind: 'attributions', base: background.base, places: places.slice(0, upTo), rows: rows.slice(0, upTo * width), values: values.slice(0, upTo * width),
    ...(sampled && { standardErrors: errors.slice(0, upTo * width) }), scores: scores.slice(0, upTo),
  });
  for (let k = 0; k < count; k++) {
    const row = rowOf(data, width, places[k]!), game = new RowGame(context, row, background, scores[k]!, background.base), engine = asked === 'auto' ? (game.count <= mostExact ? 'exact' : 'permutation') : asked;
    if (engine === 'exact' && game.count > exactLimit) throw new ParameterError(`parameter 'engine': found exact for ${game.count} features, expected at most ${exactLimit}; take permutation or kernel`);
    used.add(engine);
    // One order of many features may take more than is allowed: it is walked all the same.
    const start: ShapEngine = shapEngines[engine], run = start(game, { ...parameters, maxSamples: engine === 'kernel' ? Math.max(most, 2 * game.count + 2) : most }, seed, false);
    let step = await run.next();
    while (!step.done) {
      // A slow model's single rows take long: a sign of life.
      yield { done: k, total: count };
      step = await run.next();
    }
    const estimate = step.value, own = game.spread(estimate.values);
    rows.set(row, k * width);
    values.set(own, k * width);
    if (estimate.standardErrors) {
      errors.set(game.spread(estimate.standardErrors), k * width);
      sampled ||= engine !== 'exact';
    }
    const error = estimate.standardError ?? relativeError(estimate.values, estimate.standardErrors ?? []);
    if (Number.isNaN(error) || error > reader.number('tolerance')) unsure++;
    worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
    misses = Math.max(misses, Math.abs(background.base + own.reduce((sum, value) => sum + value, 0) - scores[k]!));
    const standardError = spreadOfMeans(values, k + 1, width);
    yield { done: k + 1, total: count, partial: found(k + 1), ...(standardError !== undefined && { standardError }) };
  }
  const standardError = spreadOfMeans(values, count, width), scale = Math.max(1, ...scores.map(Math.abs));
  return {
    finding: found(count),
    checks: [
      { id: 'additivityDelta', value: misses, ok: misses <= 1e-5 * scale, message: misses <= 1e-5 * scale ? `In every row the values add up from ${background.base.toPrecision(4)}, the mean over the background, to the row's score.` : `In some row the values miss the row's score by ${misses.toPrecision(2)}.` },
      { id: 'standardError', value: standardError ?? NaN, ok: standardError !== undefined && standardError <= 0.1, message: standardError === undefined ? 'One row tells nothing about how sure a mean over rows is.' : `Over ${count} rows the standard error of the mean sizes is ${(100 * standardError).toPrecision(2)} % of the largest.` },
      sampled ? { id: 'rowError', value: worst, ok: unsure === 0, message: unsure === 0 ? `No row's values are less sure than ${(100 * worst).toPrecision(2)} % of its largest value.` : `${unsure} of ${count} rows have values less sure than the ${100 * reader.number('tolerance')} % wanted (the worst: ${Number.isFinite(worst) ? `${(100 * worst).toPrecision(2)} %` : 'not known'}): the pattern over rows stands, single rows may not; raise maxEvals.` } : { id: 'rowError', value: 0, ok: true, message: 'In every row all combinations were tried: nothing was left to chance there.' },
      ...(count < drawn.length ? [{ id: 'finite', value: drawn.length - count, ok: false, message: `${drawn.length - count} of ${drawn.length} rows have scores that are no numbers (missing values?) and were left out.` }] : []),
      ...background.checks,
    ],
    chosen: { rows: count, backgroundRows: background.count, engine: [...used].join(', ') },
  };
}

/** The largest standard error of a mean of |values| over rows, beside the largest mean. */
function spreadOfMeans(values: Float64Array, count: number, width: number): number | undefined {
  if (count < 2) return undefined;
  let error = 0, largest = 0;
  for (let j = 0; j < width; j++) {
    let sum = 0, squares = 0;
    for (let k = 0; k < count; k++) {
      const size = Math.abs(values[k * width + j]!);
      sum += size;
      squares += size * size;
    }
    error = Math.max(error, Math.sqrt(Math.max(0, squares - (sum * sum) / count) / (count - 1) / count));
    largest = Math.max(largest, sum / count);
  }
  return error === 0 ? 0 : largest > 0 ? error / largest : Infinity;
}
