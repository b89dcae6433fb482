import path from 'node:path';
import { writeFile } from 'node:fs/promises';
import { exportGradient } from '../../engine/jobs/exportGradient';
import { choice, flag, integer, parse, spaces, text, texts, UsageError } from '../arguments';
import type { CommandContext } from '../start';
import { bytesText, clean, print, printJson } from '../terminal';

const options = {
  out: { type: 'string' }, space: { type: 'string' }, output: { type: 'string' }, wrt: { type: 'string', multiple: true },
  target: { type: 'string' }, input: { type: 'string', multiple: true }, batch: { type: 'string' }, dims: { type: 'string', multiple: true }, portable: { type: 'boolean' },
} as const;

/** model-lens export-gradient MODEL --out FILE.onnx */
export async function runExportGradient(argv: readonly string[], { engine, signal }: CommandContext): Promise<void> {
  const parsed = parse('export-gradient', argv, options, { least: 1, most: 1, names: 'MODEL' });
  const out = text(parsed, 'out');
  if (out === undefined) throw new UsageError('--out is missing: the file to write', 'export-gradient');
  const model = parsed.positionals[0]!;
  if (path.resolve(out) === path.resolve(model)) throw new UsageError('--out is the model itself; name another file', 'export-gradient');
  const { bytes, ports } = await exportGradient(engine, {
    model, output: text(parsed, 'output'), space: choice(parsed, 'export-gradient', 'space', spaces), wrt: texts(parsed, 'wrt'), target: text(parsed, 'target'), inputs: given(texts(parsed, 'input')),
    batch: integer(parsed, 'export-gradient', 'batch', 1, 65536) ?? 1, dims: dims(texts(parsed, 'dims')), dialect: flag(parsed, 'portable') ? 'portable' : 'cpu',
  }, { signal });
  await writeFile(out, bytes);
  if (flag(parsed, 'json')) return printJson({ file: path.resolve(out), bytes: bytes.length, ...ports });
  print([
    `wrote ${out} (${bytesText(bytes.length)})`,
    ...Object.entries(ports.inputs).map(([name, about]) => `input   ${clean(name)}  ${about}`),
    ...Object.entries(ports.outputs).map(([name, about]) => `output  ${clean(name)}  ${about}`),
  ].join('\n'));
}

/** Inputs written into the file, by name. */
function given(values: readonly string[]): Record<string, string> {
  const out: Record<string, string> = Object.create(null);
  for (const value of values) {
    const match = /^([^=]+)=(.+)$/s.exec(value);
    if (!match) throw new UsageError(`--input takes NAME=16000 or NAME=FILE.npy, not '${value}'`, 'export-gradient');
    if (match[1]! in out) throw new UsageError(`--input '${match[1]!}' was given twice`, 'export-gradient');
    out[match[1]!] = match[2]!;
  }
  return out;
}

function dims(values: readonly string[]): Record<string, number[]> {
  const out: Record<string, number[]> = Object.create(null);
  for (const value of values) {
    const match = /^(.+)=(\d+(?:,\d+)*)$/s.exec(value);
    if (!match) throw new UsageError(`--dims takes NAME=1,3,224,224, not '${value}'`, 'export-gradient');
    out[match[1]!] = match[2]!.split(',').map(Number);
  }
  return out;
}
