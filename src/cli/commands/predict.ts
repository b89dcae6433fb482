import { predict } from '../../engine/jobs/predict';
import type { Prediction, PreprocessingNote } from '../../protocol/engine';
import { choice, devices, flag, inputFiles, integer, parse, preprocessing, text, texts } from '../arguments';
import type { CommandContext } from '../main';
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
  if (flag(parsed, 'json')) printJson(result);
  else print(describePrediction(result.prediction));
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
