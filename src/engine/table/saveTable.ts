/** What was found, as files: explanation.json, the numbers as CSV and .npy, the tree as text and as ONNX. */
import { writeOnnxStandalone } from '../../formats/onnx/write';
import { treeModel } from '../../methods/table/treeOnnx';
import type { Curve, Feature, TableFinding } from '../../methods/table/tableMethod';
import type { ExplainTableResult } from '../../protocol/table';
import { formatNpy } from '../../tensor/npy';
import { floatTensor } from '../../tensor/tensor';
import { writeInto } from '../keep/outputFolder';
import { treeText, valueText } from './treeText';

/** Writes the files and returns their paths. */
export async function saveTable(folder: string, { finding, record, numbers }: ExplainTableResult): Promise<string[]> {
  const features = record.reading.mapping.features.map(({ feature }) => feature), { outputs, task } = record.reading;
  const files: [string, string | Uint8Array][] = [['explanation.json', `${JSON.stringify(record, null, 2)}\n`], ...numbersOf(finding, features, outputs, numbers)];
  if (finding.kind === 'surrogate' && finding.tree) {
    files.push(['tree.txt', treeText(finding.tree, features, outputs, task)], ['tree.onnx', await writeOnnxStandalone(treeModel(finding.tree, { features, outputs, task }))]);
  }
  return writeInto(folder, files);
}

type File = [string, string | Uint8Array];

function numbersOf(finding: TableFinding, features: readonly Feature[], outputs: readonly string[], numbers: ExplainTableResult['numbers']): File[] {
  const name = (feature: number): string => features[feature]!.name;
  switch (finding.kind) {
    case 'importance': {
      const repeats = Math.max(0, ...finding.features.map((each) => each.repeats.length));
      return [
        ['importance.csv', csv(['feature', 'mean', 'spread', ...Array.from({ length: repeats }, (_, k) => `repeat ${k}`)], finding.features.map(({ feature, mean, spread, repeats: own }) => [name(feature), mean, spread, ...own]))],
        ...(finding.features.every((each) => each.repeats.length === repeats) && repeats > 0 ? [['importance.npy', npy([finding.features.length, repeats], finding.features.flatMap((each) => [...each.repeats]))] satisfies File] : []),
      ];
    }
    case 'curves': return [
      ['curves.csv', csv(['feature', 'at', 'value', 'score', 'standard error', 'rows'], finding.curves.flatMap((curve) => Array.from(curve.grid, (at, k) => [name(curve.feature), at, valueText(features[curve.feature]!, at), curve.values[k]!, curve.standardErrors?.[k] ?? '', curve.counts?.[k] ?? ''])))],
      ...finding.curves.flatMap((curve) => iceOf(curve)),
    ];
    case 'surface': {
      const [a, b] = finding.features, [down, across] = finding.grids, rows: Cell[][] = [];
      down.forEach((x, i) => across.forEach((y, j) => rows.push([valueText(features[a]!, x), valueText(features[b]!, y), finding.values[i * across.length + j]!, finding.unsupported?.[i * across.length + j] ?? ''])));
      return [['surface.csv', csv([name(a), name(b), 'score', 'no rows near'], rows)], ['surface.npy', npy([down.length, across.length], [...finding.values])]];
    }
    case 'surrogate': return [
      ['fidelity.csv', csv(['size', 'train', 'held out', 'leaves'], finding.fidelity.map(({ size, train, heldOut, leaves }) => [size, train, heldOut, leaves ?? '']))],
      ...(finding.linear ? [['linear.csv', csv(['output', 'intercept', ...finding.linear.coefficients[0]!.map((_, k) => features[k]?.name ?? `term ${k}`)], finding.linear.coefficients.map((row, k) => [outputs[k] ?? `output ${k}`, finding.linear!.intercept[k]!, ...row]))] satisfies File] : []),
    ];
    case 'counterfactuals': return [
      ['counterfactuals.csv', csv([...features.map((feature) => feature.name), 'changed', 'distance', 'score', 'flipped'], finding.found.map(({ row, changed, distance, score, flipped }) => [...Array.from(row, (value, k) => valueText(features[k]!, value)), changed.map(name).join('; '), distance, score, String(flipped)]))],
      ['counterfactuals.npy', npy([finding.found.length, features.length], finding.found.flatMap(({ row }) => [...row]))],
    ];
    case 'attributions': return [
      ['attributions.csv', csv(['row', ...features.map((feature) => feature.name), 'base', 'score'], Array.from(finding.places, (place, k) => [numbers?.[k] ?? place, ...finding.values.subarray(k * features.length, (k + 1) * features.length), finding.base, finding.scores[k]!]))],
      ['attributions.npy', npy([finding.places.length, features.length], [...finding.values])],
    ];
    case 'sensitivities': return [['sensitivities.csv', csv(['feature', finding.units[0], 'standard error', finding.units[1], 'standard error'], finding.features.map(({ feature, main, mainError, total, totalError }) => [name(feature), main, mainError ?? '', total, totalError ?? '']))]];
    case 'neighbours': return [['neighbours.csv', csv(['row', 'distance', ...features.map((feature) => feature.name), ...outputs], Array.from(finding.places, (place, k) => [numbers?.[k] ?? place, finding.distances[k]!, ...features.map((feature, j) => valueText(feature, finding.rows[k * features.length + j]!)), ...finding.predictions.subarray(k * outputs.length, (k + 1) * outputs.length)]))]];
    case 'interactions': return [['interactions.csv', csv(['feature', 'with', 'strength', 'standard error'], finding.pairs.map(({ features: [a, b], value, standardError }) => [name(a), name(b), value, standardError ?? '']))]];
  }
}

function iceOf({ ice, feature, grid }: Curve): File[] {
  return ice && ice.rows.length ? [[`ice-${feature}.npy`, npy([ice.rows.length, grid.length], [...ice.values])]] : [];
}

type Cell = string | number;

/** Cells are quoted where they must be (RFC 4180), and text that a spreadsheet would run as a formula is marked as text. */
export function csv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cell = (value: Cell): string => {
    if (typeof value === 'number') return Number.isNaN(value) ? '' : String(value);
    const safe = /^[=+\-@\t\r]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function npy(dims: readonly number[], values: readonly number[]): Uint8Array {
  return formatNpy(floatTensor(dims, Float32Array.from(values)));
}
