/** The files a person gives, as the model's feeds. */
import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { decodePicture } from '../data/image/decode';
import { colourTensor, pictureToTensor } from '../data/image/toTensor';
import { exactTensorNote } from '../data/preprocessing';
import { sidecarEntry } from '../data/sidecarEntry';
import type { ImageSpec, Resolved, ResolvedInput } from '../data/spec';
import { readRow, rowToTensor, splitRowReference } from '../data/table';
import { readTensorFile } from '../data/tensorFile';
import type { InputKind } from '../methods/model';
import type { PictureFrame, PreprocessingNote } from '../protocol/engine';
import { LensError } from '../protocol/rpc';
import { asFloatTensor, tensorFromNumbers } from '../tensor/convert';
import { isFloat } from '../tensor/dtype';
import { elementCount, type Tensor } from '../tensor/tensor';

const maximumTextBytes = 1 << 20;

/** One input of the model, ready to be fed. */
export interface PreparedInput {
  readonly name: string;
  /** Absolute path of the file it was made from (without '#ROW'). */
  readonly file: string;
  /** Of a table. */
  readonly row?: number;
  readonly tensor: Tensor;
  readonly kind: InputKind;
  readonly note: PreprocessingNote;
  /** For pictures: how the tensor was made, and what part of the picture it shows. */
  readonly image?: ImageSpec;
  readonly frame?: PictureFrame;
}

/**
 * Reads every input's file.
 * @param files by input name; '' is the model's only (or first) input.
 * @throws LensError naming the input, what was given and what it takes.
 */
export async function prepareInputs(resolved: Resolved, files: Readonly<Record<string, string>>): Promise<PreparedInput[]> {
  const named = new Map<string, string>();
  for (const [name, file] of Object.entries(files)) {
    const input = name === '' ? resolved.inputs[0] : resolved.inputs.find((candidate) => candidate.name === name);
    if (!input) throw new LensError('badInput', `the model has no input '${name}'; its inputs are ${listed(resolved)}`);
    if (named.has(input.name)) throw new LensError('badInput', `input '${input.name}' was given twice`);
    named.set(input.name, file);
  }
  const missing = resolved.inputs.filter((input) => !named.has(input.name));
  if (missing.length) {
    throw new LensError('badInput', `no file was given for input ${missing.map((input) => `'${input.name}'`).join(', ')}`, `give every input of the model as NAME=FILE; they are ${listed(resolved)}`);
  }
  const prepared: PreparedInput[] = [];
  for (const input of resolved.inputs) prepared.push(await prepareInput(input, named.get(input.name)!));
  return prepared;
}

function listed(resolved: Resolved): string {
  return resolved.inputs.map((input) => `'${input.name}' ${takes(input)}`).join(', ') || 'none';
}

function takes(input: ResolvedInput): string {
  return `(${input.dtype} [${input.dims.map((dim) => dim ?? '?').join(', ')}])`;
}

/** One input from one file. @throws LensError naming the input, what was given and what it takes. */
export async function prepareInput(input: ResolvedInput, given: string): Promise<PreparedInput> {
  const row = /\.(csv|tsv)#/i.test(given), file = path.resolve(row ? splitRowReference(path.resolve(given)).file : given);
  // A pipe or a device would be waited for without end.
  const found = await stat(file).catch(() => undefined);
  if (found && !found.isFile() && !found.isDirectory()) throw new LensError('badInput', `${path.basename(file)}: is no regular file, expected one`);
  if (row) return prepareRow(input, given);
  if (/\.npy$/i.test(file)) return prepareExact(input, file);
  if (input.dtype === 'string') return prepareText(input, file);
  if (/\.(csv|tsv)$/i.test(file)) throw new LensError('badInput', `${path.basename(file)}: a table is given with its row, as ${path.basename(file)}#0 for the first`);
  if (/\.(wav|mp3|flac|ogg|txt|json)$/i.test(file)) {
    throw new LensError('unsupported', `${path.basename(file)}: ${/txt|json/i.test(path.extname(file)) ? 'texts' : 'sounds'} cannot be read in this version`, 'give the tensor itself as an .npy file');
  }
  return preparePicture(input, file);
}

async function preparePicture(input: ResolvedInput, file: string): Promise<PreparedInput> {
  const { spec } = input;
  if (spec.kind !== 'image') {
    throw new LensError('badInput', `${path.basename(file)}: input '${input.name}' ${takes(input)} takes no picture`,
      spec.kind === 'table' ? 'give a row as FILE.csv#ROW, or an .npy file' : 'give the tensor itself as an .npy file');
  }
  const { tensor: made, frame } = pictureToTensor(await decodePicture(file), spec);
  // A model of bytes sees whole numbers, also where it is run on floats (graph/realInputs.ts).
  const tensor = isFloat(input.dtype) ? made : asFloatTensor(tensorFromNumbers(input.dtype, made.dims, made.data));
  return { name: input.name, file, tensor, kind: 'image', note: { ...input.note, entry: sidecarEntry(spec) }, image: spec, frame };
}

/** A file's text as one string, for models that take text as it is. */
async function prepareText(input: ResolvedInput, file: string): Promise<PreparedInput> {
  const name = path.basename(file);
  if (input.dims.some((dim) => typeof dim === 'number' && dim !== 1)) throw new LensError('badInput', `${name}: input '${input.name}' ${takes(input)} takes several texts`, 'give them as an .npy file');
  const { size } = await stat(file);
  if (size > maximumTextBytes) throw new LensError('badInput', `${name}: has ${size} bytes, and a text of at most ${maximumTextBytes} is read`);
  const bytes = await readFile(file);
  if (!isUtf8(bytes)) throw new LensError('badInput', `${name}: is no UTF-8 text, and input '${input.name}' takes text`);
  const tensor: Tensor = { dtype: 'string', dims: input.dims.map(() => 1), data: [bytes.toString('utf8').replace(/^\ufeff/, '')] };
  return { name: input.name, file, tensor, kind: 'text', note: exactTensorNote(input.name) };
}

async function prepareExact(input: ResolvedInput, file: string): Promise<PreparedInput> {
  // Real numbers are explained in float32, whatever precision the model takes them in.
  const pictures = input.spec.kind === 'image' && input.dims.length === 4;
  const tensor = await readTensorFile(file, isFloat(input.dtype) ? 'float32' : input.dtype, pictures ? [null, ...input.dims.slice(1)] : input.dims);
  if (input.dims.length && (pictures || typeof input.dims[0] !== 'number') && tensor.dims[0] !== 1) {
    throw new LensError('badInput', `${path.basename(file)}: holds ${tensor.dims[0]} samples (dims [${tensor.dims.join(', ')}]), but one is explained at a time`);
  }
  const image = input.spec.kind === 'image' ? input.spec : undefined;
  return { name: input.name, file, tensor, kind: input.spec.kind, note: exactTensorNote(input.name), image };
}

async function prepareRow(input: ResolvedInput, reference: string): Promise<PreparedInput> {
  const { file, row } = splitRowReference(path.resolve(reference));
  const spec = input.spec.kind === 'table' ? input.spec : { kind: 'table' as const, columns: [] };
  const width = input.dims.length === 2 && typeof input.dims[1] === 'number' ? input.dims[1] : undefined;
  const { data } = rowToTensor(await readRow(file, row), spec, width, file);
  const dims = input.dims.length <= 2 ? [1, data.length] : [1, ...input.dims.slice(1).map((dim) => (typeof dim === 'number' ? dim : 1))];
  if (elementCount(dims) !== data.length) throw new LensError('badInput', `${path.basename(file)}: row ${row} has ${data.length} numbers, but input '${input.name}' takes ${takes(input)}`);
  return { name: input.name, file, row, tensor: tensorFromNumbers(isFloat(input.dtype) ? 'float32' : input.dtype, dims, data), kind: 'table', note: input.note };
}

/**
 * Tensors a method's parameters refer to: what black and white are after preprocessing (if the picture's preparation
 * is known), and the content of `file` parameters.
 */
export async function referencedTensors(input: PreparedInput, resolved: ResolvedInput, fileParameters: Readonly<Record<string, string>>): Promise<Record<string, Tensor>> {
  const tensors: Record<string, Tensor> = {};
  const { image } = input;
  // An exact tensor says nothing of how it was made: its black is the model's zero.
  if (image && input.frame) {
    tensors.black = colourTensor(image);
    tensors.white = colourTensor(image, [255, 255, 255]);
  }
  for (const [name, file] of Object.entries(fileParameters)) tensors[name] = (await prepareInput(resolved, file)).tensor;
  return tensors;
}
