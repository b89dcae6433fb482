/** How good a model is on a table's rows, where it errs, and whether groups are treated alike. */
import { calibrationOf } from '../../metrics/table/calibration';
import { confusionOf, logLosses, squaredErrors, type SaidOfClasses } from '../../metrics/table/classes';
import { LensError, throwIfAborted, type JobContext } from '../../protocol/rpc';
import type { ErrorUnit, TableQuality, TableQualityParams, TableQualityProgress } from '../../protocol/tableQuality';
import { Random } from '../../tensor/random';
import type { Engine } from '../engine';
import { Warnings } from '../prepare';
import { fitTable, readSource, type OpenedTable } from '../table/openedTable';
import { groupedColumn, slicedColumns } from '../table/qualityColumns';
import { classMetrics, valueMetrics } from '../table/qualityFigures';
import { groupQuality, type ComparedRows } from '../table/qualityGroups';
import { chosenOutput, judgeRows, truthsOf, type JudgedRows, type Truths } from '../table/qualityRows';
import { worstSlices } from '../table/qualitySlices';

const mostClasses = 100, mostCurves = 20, mostResiduals = 2000, mostNumbers = 1000;

/** What is compared: rows with a label and an answer, by their places among those. */
interface Compared {
  /** Places in the table. */
  readonly rows: Int32Array;
  readonly groups: ComparedRows;
  readonly errors: Float64Array;
  readonly errorUnit: ErrorUnit;
  readonly right?: Uint8Array;
  readonly found: Pick<TableQuality, 'metrics' | 'confusion' | 'calibration' | 'residuals'>;
  readonly notes: readonly string[];
}

/** @throws LensError where nothing tells what a row really is, and for a column or class there is not. */
export async function tableQuality(engine: Engine, params: TableQualityParams, { signal, progress }: JobContext<TableQualityProgress>): Promise<TableQuality> {
  const warnings = new Warnings(), table = await readSource(engine, params, signal, () => undefined), opened = await fitTable(engine, params, table, { signal, warn: (message) => warnings.add(message) });
  const target = chosenOutput(opened, params.target), truths = truthsOf(opened), { meaning: { task, outputs } } = opened;
  if (!truths.of.some((truth) => truth)) throw new LensError('unsupported', `${table.name}: nothing tells what each row really is${opened.mapping.label === undefined ? '' : ` (the values of column '${table.columns[opened.mapping.label]!.name}' are none of the model's classes)`}`, 'name the label column');
  const judged = await judgeRows(opened, signal, (done, total) => progress({ type: 'rows', done, total }));
  throwIfAborted(signal);
  const compared = task === 'classification' ? comparedClasses(opened, judged, truths.of[0]!, target) : comparedValues(opened, judged, truths, target, params.seed ?? 0);
  const { rows, errors, errorUnit, right, found, groups } = compared;
  const worst = (places: Int32Array): number[] => Array.from(Int32Array.from(places).sort((a, b) => errors[b]! - errors[a]!).subarray(0, mostNumbers), (place) => table.rows[rows[place]!]!);
  const levels = params.group === undefined || params.group === '' ? undefined : groupedColumn(opened, params.group, rows);
  const { slices, slicing } = await worstSlices({ errors, columns: slicedColumns(opened, truths.columns, rows), ...(right && { right }), worst }, signal, (done, total) => progress({ type: 'slices', done, total }));
  const left = table.count - rows.length;
  return {
    task, rows: rows.length, outputs, target, errorUnit, error: errors.reduce((sum, error) => sum + error, 0) / errors.length, ...found, slices, slicing,
    ...(typeof levels === 'object' && { group: groupQuality(levels, groups, worst) }),
    notes: [
      ...truths.notes, ...compared.notes, ...(left ? [`${left} of ${table.count} rows are left out: they have no label the model could say, or the model said no number.`] : []),
      ...(table.sampled ? [`${table.count} of ${table.total} rows are used, drawn at random by the seed.`] : []),
      ...(typeof levels === 'string' ? [`Column '${levels}' makes no groups: its values are all the same, or different in nearly every row.`] : []), ...warnings.list(),
    ],
  };
}

/** Places of rows that have both a label and an answer. @throws LensError where there are none. */
function comparable({ table }: OpenedTable, truth: Float64Array, answered: (row: number) => boolean): Int32Array {
  const rows: number[] = [];
  for (let row = 0; row < truth.length; row++) if (!Number.isNaN(truth[row]!) && answered(row)) rows.push(row);
  if (rows.length === 0) throw new LensError('unsupported', `${table.name}: no row has both a label and an answer of the model`, 'name the label column');
  return Int32Array.from(rows);
}

function comparedClasses(opened: OpenedTable, { said: all, width, answers }: JudgedRows, labels: Float64Array, target: number): Compared {
  const rows = comparable(opened, labels, (row) => all.subarray(row * width, (row + 1) * width).every(Number.isFinite)), { meaning: { reading, outputs } } = opened, scored = reading !== 'class';
  const truth = Int32Array.from(rows, (row) => labels[row]!), said = new Float64Array(rows.length * width);
  rows.forEach((row, place) => said.set(all.subarray(row * width, (row + 1) * width), place * width));
  const data: SaidOfClasses = { said, classes: width, truth }, own = Int32Array.from(rows, (row) => answers![row]!), is = (classes: Int32Array, k: number): Uint8Array => Uint8Array.from(classes, (one) => Number(one === k));
  const right = Uint8Array.from(truth, (actual, place) => Number(actual === own[place])), errors = scored ? logLosses(data) : Float64Array.from(right, (one) => 1 - one);
  const curves = width === 2 ? [target] : Array.from({ length: Math.min(width, mostCurves) }, (_, k) => k);
  const calibration = curves.map((output) => ({ output, ...calibrationOf(Float64Array.from(truth, (_, place) => said[place * width + output]!), is(truth, output)) }));
  return {
    rows, errors, right, errorUnit: scored ? 'log loss' : 'share wrong',
    groups: { kind: 'classes', name: outputs[target]!, actual: is(truth, target), said: is(own, target), right, squares: squaredErrors(data), errors },
    found: { metrics: classMetrics(data, scored), ...(width <= mostClasses && { confusion: confusionOf(truth, own, width) }), ...(scored && { calibration }) },
    notes: [
      ...(scored ? [] : ['The model says classes without probabilities: figures of probabilities are left out, and an error is a wrong class.']),
      ...(width > mostClasses ? [`The model tells ${width} classes apart: too many for a confusion matrix.`] : []), ...(width > mostCurves && scored ? [`Calibration is shown of the first ${mostCurves} classes.`] : []),
    ],
  };
}

function comparedValues(opened: OpenedTable, { said: all, width }: JudgedRows, { of }: Truths, wanted: number, seed: number): Compared {
  const { meaning: { outputs } } = opened, target = of[wanted] ? wanted : of.findIndex((truth) => truth);
  const rowsOf = (k: number): Int32Array => comparable(opened, of[k]!, (row) => Number.isFinite(all[row * width + k]!));
  const pair = (k: number, rows: Int32Array): [Float64Array, Float64Array] => [Float64Array.from(rows, (row) => all[row * width + k]!), Float64Array.from(rows, (row) => of[k]![row]!)];
  const metrics = outputs.flatMap((_, k) => (of[k] ? valueMetrics(...pair(k, rowsOf(k)), outputs.length > 1 ? k : undefined) : []));
  const rows = rowsOf(target), [said, truth] = pair(target, rows), residuals = said.map((value, place) => value - truth[place]!), errors = residuals.map(Math.abs);
  const drawn = rows.length <= mostResiduals ? Int32Array.from(rows.keys()) : new Random(seed).shuffle(Int32Array.from(rows.keys())).subarray(0, mostResiduals).sort();
  return {
    rows, errors, errorUnit: 'absolute error', groups: { kind: 'values', name: outputs[target]!, residuals, errors },
    found: { metrics, residuals: { numbers: Array.from(drawn, (place) => opened.table.rows[rows[place]!]!), said: Array.from(drawn, (place) => said[place]!), actual: Array.from(drawn, (place) => truth[place]!) } },
    notes: [
      ...(target === wanted ? [] : [`Nothing tells what '${outputs[wanted]!}' really is; '${outputs[target]!}' is looked at.`]),
      ...(drawn.length < rows.length ? [`Residuals are shown of ${drawn.length} rows, drawn at random by the seed.`] : []),
    ],
  };
}
