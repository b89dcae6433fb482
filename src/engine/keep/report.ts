/**
 * An explanation as one HTML page: pictures, figures and every parameter, for people who have no Model Lens. Nothing in
 * it runs and nothing is fetched; the record lies in it as JSON, so that it can be explained again from the page.
 */
import path from 'node:path';
import { decodePicture } from '../../data/image/decode';
import { previewPicture } from '../../data/image/encode';
import { renderOverlay } from '../../data/image/overlay';
import { findMethod } from '../../methods/registry';
import type { ExplanationRecord } from '../../protocol/engine';
import type { ReportSection } from '../../protocol/keep';
import { colorTable, colorMaps } from '../../tensor/colormap';
import type { HeatMap, HeatMapColors } from '../../tensor/heatmap';
import { whereInMap } from '../../tensor/whereInMap';
import type { Explained } from '../jobs/explain';
import { escapeMarkup as text } from './markup';
import { block, checkList, percent, reportPage, table } from './page';
import { base64 } from './svg';

const largestSide = 1024;

/** @param sections what else was found out about it, each a table. */
export async function explanationReport({ result: { map, record } }: Explained, colors: HeatMapColors = {}, sections: readonly ReportSection[] = []): Promise<string> {
  const method = findMethod(record.method), title = method?.title ?? record.method;
  const label = record.target.label || `class ${record.target.index}`;
  const subject = path.basename(record.inputs[record.input]?.file ?? '');
  const parts = [
    await pictures(record, map, colors),
    map ? evidence(map, record) : '',
    predictions(record),
    record.checks.length ? block('Self-checks of the method', checkList(record.checks)) : '',
    ...sections.map((section) => block(section.title, `${section.words === undefined ? '' : `<p>${text(section.words)}</p>`}${table(section.head, section.rows)}`)),
    block('How the input was prepared', record.preprocessing.map(({ input, words, source, assumed, assumptions }) =>
      `<p>${text(input)}: ${text(words)} (${text(source)}${assumed && source !== 'assumed' ? ', assumed' : ''})</p>${assumptions.length ? `<ul>${assumptions.map((one) => `<li>${text(one)}</li>`).join('')}</ul>` : ''}`).join('')),
    made(record, title),
  ];
  return reportPage({
    title: `${title}: ${label} in ${subject}`, heading: `Why “${label}”?`, version: record.modelLens, parts, record,
    lines: [`${title}${method ? `: ${method.question}` : ''}`, `${subject}, seen by ${path.basename(record.model.file)}`],
  });
}

async function pictures(record: ExplanationRecord, map: HeatMap | undefined, colors: HeatMapColors): Promise<string> {
  if (!record.frame) return '';
  const picture = await decodePicture(record.inputs[record.input]!.file);
  const plain = await previewPicture(picture, largestSide);
  const figure = (mime: string, bytes: Uint8Array, caption: string): string =>
    `<figure><img src="data:${mime};base64,${base64(bytes)}" alt="${text(caption)}"><figcaption>${text(caption)}</figcaption></figure>`;
  const overlay = map ? figure('image/png', await renderOverlay(picture, map, record.frame, { maxSide: largestSide, ...colors }), `${record.method} of ${record.target.label || record.target.index}`) : '';
  return `<div class="pictures">${figure(plain.mime, plain.bytes, path.basename(record.inputs[record.input]!.file))}${overlay}</div>${map ? legend(map, colors) : ''}`;
}

function legend(map: HeatMap, colors: HeatMapColors): string {
  const signed = colors.signed ?? map.signed, name = colors.colorMap ?? (signed ? 'blue-white-red' : 'inferno');
  const lookUp = colorTable(name), steps = 16;
  const stops = Array.from({ length: steps + 1 }, (_, step) => {
    const row = 3 * Math.round((255 * step) / steps);
    return `rgb(${lookUp[row]},${lookUp[row + 1]},${lookUp[row + 2]})`;
  });
  const ends = colorMaps[name] === 'diverging' && signed ? ['against', 'for'] : ['weak', 'strong'];
  return `<p class="legend">${ends[0]} <span style="background:linear-gradient(to right,${stops.join(',')})"></span> ${ends[1]}; full strength at the 99th percentile</p>`;
}

function evidence(map: HeatMap, { frame }: ExplanationRecord): string {
  const found = frame && whereInMap(map);
  if (!found) return '';
  const words = found.place === 'everywhere' ? 'The evidence is spread over the picture, without a part that holds most of it' : `Most of the evidence, ${percent(found.share)}, lies in the ${found.place} of what the model saw`;
  return block('In words', `<p>${words}. Half of it covers ${percent(found.halfArea)} of the area; the strongest spot is ${percent(found.peak.x)} from the left and ${percent(found.peak.y)} from the top.${found.against > 0.005 ? ` ${percent(found.against)} of all evidence is against the class.` : ''}</p>`);
}

function predictions({ prediction, target }: ExplanationRecord): string {
  const rows = prediction.top.map(({ index, label, probability, logit }) => [
    `${label || `class ${index}`}${index === target.index ? ' ●' : ''}`, String(index), probability === null ? '–' : percent(probability), logit === null ? '–' : logit.toPrecision(5),
  ]);
  const sure = [prediction.entropy !== null && `entropy ${prediction.entropy.toFixed(2)} bits`, prediction.margin !== null && `margin ${percent(prediction.margin)}`].filter((part) => part !== false);
  return block('What the model says', `${table(['class (● explained)', 'index', 'probability', 'logit'], rows)}${sure.length ? `<p class="muted">${text(sure.join(', '))}</p>` : ''}`);
}

/** Everything it takes to make it again. */
function made(record: ExplanationRecord, title: string): string {
  const { model, target, parameters, chosen, device, runtime, versions, timings } = record;
  const rows: [string, string][] = [
    ['method', `${title} (${record.method}), preset ${record.preset}`],
    ['source', findMethod(record.method)?.source ?? ''],
    ['explained', `${target.text ?? `${target.label} (${target.index})`}, ${target.space} of ${target.output}: ${target.score}`],
    ...(record.layer === undefined ? [] : [['layer', record.layer] as [string, string]]),
    ...Object.entries(parameters).map(([name, value]): [string, string] => [name, `${value}${chosen[name] === undefined ? '' : ` (chosen: ${chosen[name]})`}`]),
    ...Object.entries(chosen).filter(([name]) => !(name in parameters) && name !== 'layer').map(([name, value]): [string, string] => [name, `${value} (chosen by the method)`]),
    ['seed', String(record.seed)],
    ['model', `${model.file} (${model.format})`], ['model SHA-256', model.sha256],
    ...Object.entries(record.inputs).flatMap(([name, input]): [string, string][] => [[`input ${name}`, `${input.file}${input.row === undefined ? '' : ` row ${input.row}`} [${input.dims.join(', ')}]`], [`input ${name} SHA-256`, input.sha256]]),
    ...(record.attributions ? [['attributions SHA-256', record.attributions.sha256] as [string, string]] : []),
    ['device', `${device.id}: ${device.detail}`], ['runtime', Object.values(runtime).map(String).join(': ')],
    ['versions', Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')],
    ...(timings.totalMs === undefined ? [] : [['time', `${timings.totalMs} ms`] as [string, string]]),
    ...record.warnings.map((warning): [string, string] => ['note', warning]),
  ];
  return block('How it was made', table([], rows));
}
