/** Shapley values of one row of a table: all combinations, a regression over some of them, or random orders. */
import { drawingParameters } from '../drawing';
import type { ParameterSpec, Parameters } from '../method';
import { ParameterError, ParameterReader, resolveParameters } from '../parameters';
import { orderParameters } from '../permutationShap';
import { exactValues } from '../shapley/exactValues';
import { additivityCheck, type ShapleyRun } from '../shapley/game';
import { kernelValues } from '../shapley/kernelValues';
import { permutationValues } from '../shapley/permutationValues';
import { backgroundOf, backgroundParameters } from './background';
import { RowGame } from './rowGame';
import type { Attributions, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

/** A regression's matrix has this many rows and columns at most; beyond `mostExact` there are too many combinations. */
const mostKernel = 1500, mostExact = 20;

/** @param watched whether somebody looks at the estimate while it grows. */
export type ShapEngine = (game: RowGame, parameters: Parameters, seed: number, watched: boolean) => ShapleyRun;

export const shapEngines = {
  exact: (game) => exactValues(game),
  kernel: (game, parameters, seed, watched) => kernelValues(game, new ParameterReader(parameters), seed, watched),
  permutation: (game, parameters, seed) => permutationValues(game, parameters, seed),
} as const satisfies Record<string, ShapEngine>;

type Description = Pick<TableMethod, 'id' | 'title' | 'question' | 'source' | 'presets'> & {
  readonly engine: keyof typeof shapEngines;
  readonly parameters: readonly ParameterSpec[];
  /** The most features that differ from the background, and what to do about more. */
  readonly most: (parameters: ParameterReader) => readonly [number, string];
};

function shapMethod({ engine, most, ...described }: Description): TableMethod {
  const method: TableMethod = {
    ...described, scope: 'local', needs: ['row'], parameters: [...described.parameters, ...backgroundParameters],
    applies: ({ data }) => (data.count > 0 ? { applies: true } : { applies: false, reason: 'The table has no rows that could take the place of hidden features.' }),
    explain,
  };
  async function* explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void> {
    const { parameters } = resolveParameters(method, context.parameters), reader = new ParameterReader(parameters), row = rowOfContext(context), whole = await scoreOfRow(context, row);
    const background = await backgroundOf(context, reader), game = new RowGame(context, row, background, whole, background.base), [limit, remedy] = most(reader);
    if (game.count > limit) throw new ParameterError(`${described.id}: found ${game.count} features that differ from the background, expected at most ${limit}; ${remedy}`);
    const found = (values: Float64Array, standardErrors?: Float64Array): Attributions => ({
      kind: 'attributions', base: background.base, places: Int32Array.of(-1), rows: row, values: game.spread(values), ...(standardErrors?.some((error) => error > 0) && { standardErrors: game.spread(standardErrors) }), scores: Float64Array.of(whole),
    });
    const start: ShapEngine = shapEngines[engine], run = start(game, parameters, context.seed, true);
    for (;;) {
      const step = await run.next();
      if (step.done) {
        const { values, standardErrors, checks, chosen } = step.value;
        return { finding: found(values, standardErrors), checks: [additivityCheck(game, values), ...checks, ...background.checks], chosen: { ...chosen, features: game.count, backgroundRows: background.count } };
      }
      const { done, total, values, standardErrors, standardError } = step.value;
      yield { done, total, ...(values && { partial: found(values, standardErrors) }), ...(standardError !== undefined && { standardError }) };
    }
  }
  return method;
}

/** The row that is asked about. Throws where there is none or it has another width. */
export function rowOfContext({ row, model }: Pick<TableContext, 'row' | 'model'>): Float64Array {
  if (!row) throw new Error('this method is about one row, but none is given');
  if (row.length !== model.features.length) throw new Error(`the row has ${row.length} values, expected ${model.features.length}, one for each feature`);
  return row;
}

/** Its score. Throws where that is no number: there is nothing to explain then. */
export async function scoreOfRow({ model }: Pick<TableContext, 'model'>, row: Float64Array): Promise<number> {
  const [score] = await model.scores({ count: 1, values: row });
  if (!Number.isFinite(score)) throw new ParameterError(`the score of this row is no number${row.some(Number.isNaN) ? ' (it lacks values)' : ''}, expected one that can be explained; choose another row`);
  return score!;
}

/** Lundberg and Lee 2017; Covert and Lee 2021 (standard errors). As shap's `KernelExplainer` with 2M + 2048 coalitions and no l1 penalty. */
export const kernelShap = shapMethod({
  id: 'kernel-shap', engine: 'kernel',
  title: 'KernelSHAP',
  question: "What is each feature's fair share of this row's score, estimated from many combinations of its values with those of other rows?",
  source: 'Lundberg and Lee 2017, arXiv 1705.07874; Covert and Lee 2021, arXiv 2012.01536',
  parameters: drawingParameters(0), presets: { shap: {} },
  most: () => [mostKernel, 'take permutation-shap'],
});

/** Shapley 1953; numbers as shap's `ExactExplainer`. */
export const exactShap = shapMethod({
  id: 'exact-shap', engine: 'exact',
  title: 'Exact Shapley values',
  question: "What is each feature's fair share of this row's score, over all combinations of its values with those of other rows?",
  source: 'Shapley 1953, doi 10.1515/9781400881970-018; Lundberg and Lee 2017, arXiv 1705.07874',
  parameters: [{ name: 'maxFeatures', type: 'integer', default: 12, minimum: 1, maximum: mostExact, about: 'The most features that are tried in all combinations; each further one doubles the time.' }], presets: { shap: {} },
  most: (parameters) => [parameters.number('maxFeatures'), 'raise maxFeatures, or take kernel-shap'],
});

/** Castro et al. 2009; antithetic orders: Mitchell et al. 2022. As shap's `PermutationExplainer`. */
export const permutationShap = shapMethod({
  id: 'permutation-shap', engine: 'permutation',
  title: 'Permutation SHAP',
  question: "What is each feature's fair share of this row's score, when its values take their places in random orders?",
  source: 'Castro et al. 2009, doi 10.1016/j.cor.2008.04.004; Mitchell et al. 2022, arXiv 2104.12199',
  parameters: orderParameters, presets: { shap: {} },
  most: () => [Infinity, ''],
});
