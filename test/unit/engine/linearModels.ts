/** Linear models fitted to a table's rows in closed form, as ONNX files' graphs: models over tables made where they are needed. */
import type { ModelFile, ValueInfo } from '../../../src/graph/graph';
import { solveCholesky, cholesky } from '../../../src/tensor/leastSquares';
import { makeModel } from '../autodiff/runGraph';
import { init, node } from '../autodiff/tinyModel';

/** Weights and bias, least squares with a little of the ridge's stiffness. @param rows features of each row. */
export function fitLinear(rows: readonly (readonly number[])[], labels: readonly number[]): { weights: number[]; bias: number } {
  const width = rows[0]!.length + 1, matrix = new Float64Array(width * width), right = new Float64Array(width);
  rows.forEach((row, at) => {
    const all = [...row, 1];
    for (let i = 0; i < width; i++) {
      right[i]! += all[i]! * labels[at]!;
      for (let j = 0; j < width; j++) matrix[i * width + j]! += all[i]! * all[j]!;
    }
  });
  for (let i = 0; i < width; i++) matrix[i * width + i]! *= 1 + 1e-9;
  const solution = solveCholesky(cholesky(matrix, width)!, width, right);
  return { weights: Array.from(solution.subarray(0, width - 1)), bias: solution[width - 1]! };
}

/** y = W x + b for one output or several. */
export function linearRegressor(fits: readonly { readonly weights: readonly number[]; readonly bias: number }[]): ModelFile {
  const width = fits[0]!.weights.length, each = fits.length, port = (name: string, columns: number): ValueInfo => ({ name, type: { kind: 'tensor', dtype: 'float32', dims: ['N', columns] } });
  const weights = Array.from({ length: width * each }, (_, at) => fits[at % each]!.weights[Math.floor(at / each)]!);
  return makeModel({
    inputs: [port('x', width)], outputs: [port('y', each)], nodes: [node(['Gemm', ['x', 'w', 'b'], ['y']])],
    initializers: new Map([['w', init([width, each], weights)], ['b', init([each], fits.map(({ bias }) => bias))]]),
  }, 17);
}
