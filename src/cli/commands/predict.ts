import { predict } from '../../engine/jobs/predict';
import type { Detections } from '../../protocol/detections';
import type { Prediction, PreprocessingNote } from '../../protocol/engine';
import { choice, devices, flag, inputFiles, integer, parse, preprocessing, text, texts } from '../arguments';
import type { CommandContext } from '../start';
import { clean, note, percent, print, printJson, table } from '../terminal';

/** model-lens predict MODEL --input X */
export async function runPredict(argv: readonly string[], { engine, signal }: CommandContext): Promise<void> {
  const parsed = parse('predict', argv, {
    input: { type: 'string', multiple: true }, top: { type: 'string' }, device: { type: 'string' }, output: { type: 'string' },
    preprocessing: { type: 'string' },
  }, { least: 1, most: 1, names: 'MODEL' });
  const params = {
    model: parsed.positionals[0]!, inputs: inputFiles(texts(parsed, 'input'), 'predict'), device: choice(parsed, 'predict', 'device', devices),
    top: integer(parsed, 'predict', 'top', 1, 1000) ?? 5, output: text(parsed, 'output'), preprocessing: preprocessing(text(parsed, 'preprocessing'), 'predict'),
  };
  const result = await predict(engine, params, { signal });
  for (const warning of result.warnings) note(`note: ${warning}`);
  sayPreprocessing(result.preprocessing);
  const { detections } = result;
  if (flag(parsed, 'json')) printJson(detections ? { ...result, detections: withoutCells(detections) } : result);
  else print(detections ? describeDetections(detections, params.top) : describePrediction(result.prediction));
}

/** A mask's cells are a picture, and no reading matter: its classes say what there is. */
function withoutCells({ mask, ...rest }: Detections): unknown {
  if (!mask) return rest;
  const { cells: _, ...kept } = mask;
  return { ...rest, mask: kept };
}

function describeDetections({ kind, words, boxes, threshold, mask }: Detections, top: number): string {
  if (mask) {
    const rows = mask.classes.slice(0, top).map(({ index, label, share, target }) => [String(index), label, percent(share), String(target.class)]);
    return `${clean(words, 2000)}\n\n${table(['class>', 'label', 'share>', '--target'], rows)}`;
  }
  const shown = boxes.filter(({ score }) => score >= threshold), rows = shown.slice(0, top).map(({ label, score, x, y, width, height, line, target }) => [
    label, score.toFixed(2), line ? line.map(Math.round).join(', ') : `${Math.round(width)}×${Math.round(height)} at ${Math.round(x)}, ${Math.round(y)}`, String(target.class)]);
  const more = shown.length > rows.length ? `\n… ${shown.length - rows.length} more: see --top` : '';
  return rows.length ? `${clean(words, 2000)}\n\n${table(['label', 'score>', kind === 'lines' ? 'line from x, y to x, y' : 'box', '--target'], rows)}${more}` : clean(words, 2000);
}

/** How inputs were made, and what of it nobody stated. */
export function sayPreprocessing(notes: readonly PreprocessingNote[]): void {
  for (const item of notes) {
    note(`input ${clean(item.input)}: ${item.words} (${item.source})`);
    if (item.assumptions.length) note(`  assumed: ${item.assumptions.join('; ')}`);
  }
}

export function describePrediction(prediction: Prediction): string {
  const { kind, top, entropy, margin } = prediction;
  const rows = top.map((item) => [String(item.index), item.label, kind === 'probabilities' ? percent(item.probability) : item.value.toPrecision(5), item.logit === null ? '' : item.logit.toFixed(2)]);
  const figures = entropy === null || margin === null ? '' : `\nentropy ${entropy.toFixed(2)} bits, margin ${percent(margin)}`;
  return table(['class>', 'label', kind === 'probabilities' ? 'probability>' : 'score>', top.some((item) => item.logit !== null) ? 'logit>' : ''], rows) + figures;
}
