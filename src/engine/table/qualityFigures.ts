/** Figures of a whole table, by name: how good the model is, and what a model that knows no row would get. */
import { classFigures, type SaidOfClasses } from '../../metrics/table/classes';
import type { Estimate } from '../../metrics/table/estimate';
import { valueFigures } from '../../metrics/table/values';
import type { TableQuality } from '../../protocol/tableQuality';

type Metric = TableQuality['metrics'][number];

function metric(id: string, title: string, { value, standardError }: Estimate, better: Metric['better'], reference?: number): Metric {
  return { id, title, value, ...(Number.isFinite(standardError) && { standardError }), better, ...(reference !== undefined && { reference }) };
}

/** @param scored whether there are probabilities: of classes alone, fewer figures mean something. */
export function classMetrics(data: SaidOfClasses, scored: boolean): Metric[] {
  const { accuracy, balancedAccuracy, macroF1, logLoss, auc, brier, ece } = classFigures(data), { truth, classes } = data;
  const shares = Array.from({ length: classes }, (_, k) => truth.reduce((sum, one) => sum + Number(one === k), 0) / truth.length), present = shares.filter((p) => p > 0);
  const spread = present.reduce((sum, p) => sum + p * (1 - p), 0);
  return [
    metric('accuracy', 'Accuracy', accuracy, 'higher', Math.max(...shares)),
    metric('balancedAccuracy', 'Balanced accuracy', balancedAccuracy, 'higher', 1 / present.length),
    metric('f1', 'F1, mean of classes', macroF1, 'higher'),
    ...(scored ? [
      ...(auc ? [metric('auc', classes === 2 ? 'ROC AUC' : 'ROC AUC, mean of each class against the rest', auc, 'higher', 0.5)] : []),
      metric('logLoss', 'Log loss', logLoss, 'lower', -present.reduce((sum, p) => sum + p * Math.log(p), 0)),
      metric('brier', 'Brier score', brier, 'lower', classes === 2 ? spread / 2 : spread),
      metric('ece', 'Calibration error (ECE, 15 bins)', ece, 'lower'),
    ] : []),
  ];
}

/** @param output place and name among several outputs. */
export function valueMetrics(said: Float64Array, truth: Float64Array, output?: number): Metric[] {
  const { r2, mae, rmse, medianError, bias } = valueFigures(said, truth), mean = truth.reduce((sum, value) => sum + value, 0) / truth.length;
  const spread = Math.sqrt(truth.reduce((sum, value) => sum + (value - mean) ** 2, 0) / truth.length);
  const all = [
    ...(r2 ? [metric('r2', 'R²', r2, 'higher', 0)] : []),
    metric('mae', 'Mean absolute error', mae, 'lower', truth.reduce((sum, value) => sum + Math.abs(value - mean), 0) / truth.length),
    metric('rmse', 'Root mean squared error', rmse, 'lower', spread),
    metric('medianError', 'Median absolute error', medianError, 'lower'),
    metric('bias', 'Mean of said − true', bias, 'zero'),
  ];
  return output === undefined ? all : all.map((one) => ({ ...one, output }));
}
