/**
 * How each input of a model is to be fed, and what its outputs mean. Never a silent guess: whatever nobody stated is
 * assumed, and says so. Order: the sidecar; files other tools left beside the model; the model's metadata; layers
 * inside the model; marks of a known maker; a default that goes by dtype and layout.
 */
import type { Dim, Dims, ModelFile, ValueInfo, ValueType } from '../graph/graph';
import type { DType } from '../tensor/dtype';
import { isFloat } from '../tensor/dtype';
import { ModelFolder } from './beside';
import { DataError } from './errors';
import type { ImageKnowledge, ResizeKnowledge, Scaling } from './knowledge';
import { describeSpec, impliedRange, perChannel } from './knowledge';
import { labelLists, resolveLabels } from './labels';
import type { Sidecar, SidecarInput, SidecarOutput } from './sidecar';
import { parseSidecar, readSidecar } from './sidecar';
import { fromPreprocessorConfig, fromTeachableMachine, fromTimmConfig, readOptional } from './sources/besideModel';
import type { ReadInitializer } from './sources/insideModel';
import { findEntrance, fromEntrance, layoutOf } from './sources/insideModel';
import { fromDetector } from './sources/detectors';
import { fromMetadata } from './sources/onnxMetadata';
import { fromRecognition } from './sources/recognised';
import type { Channels, ImageSpec, InputSpec, PreprocessingNote, Resolved, ResolvedInput, ResizeSpec } from './spec';
import { channelCount } from './spec';

export interface ResolveOptions {
  /** Types by value name from shape inference; what the file declares is used where this has nothing. */
  readonly types?: ReadonlyMap<string, ValueType>;
  /** Reads a weight; without it, layers inside the model are no evidence. */
  readonly read?: ReadInitializer;
  /** What somebody tries, as `inputs` of a sidecar: wins over everything else; what it leaves out is as it would be. */
  readonly tried?: Readonly<Record<string, unknown>>;
}

const defaultSide = 224;
/** What messages call a preparation somebody tries, and what notes do. */
const triedName = 'preprocessing', triedSource = 'tried here, not saved';

/**
 * Resolves every input and output of `model`. Throws DataError if the sidecar, or what is tried, is wrong or contradicts
 * the model.
 */
export async function resolvePreprocessing(model: ModelFile, options: ResolveOptions = {}): Promise<Resolved> {
  const folder = new ModelFolder(model.file);
  const warnings: string[] = [];
  const sidecar = readSidecar(folder);
  if (sidecar) warnings.push(...sidecar.warnings, ...unmatched(sidecar, model));
  const tried = options.tried && parseSidecar({ inputs: options.tried }, triedName);
  if (tried) {
    warnings.push(...tried.warnings);
    const [wrong] = unmatched(tried, model);
    if (wrong !== undefined) throw new DataError('badInput', wrong);
  }
  const typeOf = (value: ValueInfo): ValueType => {
    const inferred = options.types?.get(value.name);
    return inferred?.kind === 'tensor' && inferred.dims ? inferred : value.type;
  };
  const inputs: ResolvedInput[] = [];
  for (const input of model.graph.inputs) {
    const { dtype, dims } = tensorType(typeOf(input));
    inputs.push(await resolveInput({ model, folder, sidecar, tried, name: input.name, dtype, dims, read: options.read, warnings }));
  }
  const outputs = model.graph.outputs.map((output) => ({
    name: output.name,
    kind: sidecar?.outputs.get(output.name)?.kind,
    ...boxStatement(sidecar?.outputs.get(output.name)),
    ...(sidecar?.outputs.get(output.name)?.column !== undefined && { column: sidecar.outputs.get(output.name)!.column }),
    labels: resolveLabels(model, folder, output.name, tensorType(typeOf(output)).dims, sidecar, warnings),
  }));
  return { inputs, outputs, lists: labelLists(model, folder, warnings), warnings: [...new Set(warnings)] };
}

function boxStatement(stated: SidecarOutput | undefined): Pick<SidecarOutput, 'format' | 'threshold'> {
  return { ...(stated?.format && { format: stated.format }), ...(stated?.threshold !== undefined && { threshold: stated.threshold }) };
}

/** The note for an input that is fed with an exact tensor (.npy). */
export function exactTensorNote(input: string): PreprocessingNote {
  return { input, source: 'exact tensor', assumed: false, words: describeSpec({ kind: 'tensor' }), assumptions: [] };
}

function tensorType(type: ValueType): { dtype: DType; dims?: Dims } {
  return type.kind === 'tensor' || type.kind === 'sparse' ? { dtype: type.dtype, dims: type.dims } : { dtype: 'undefined' };
}

/** Ports a sidecar names that the model does not have. */
function unmatched(sidecar: Sidecar, model: ModelFile): string[] {
  const check = (field: string, named: Iterable<string>, ports: readonly ValueInfo[]): string[] => {
    const names = ports.map((port) => port.name);
    return [...named].filter((name) => !names.includes(name)).map((name) => `${sidecar.name}: ${field}.${name}: the model has no such ${field.slice(0, -1)}; it has ${names.join(', ')}`);
  };
  return [...check('inputs', sidecar.inputs.keys(), model.graph.inputs), ...check('outputs', sidecar.outputs.keys(), model.graph.outputs)];
}

interface Request {
  readonly model: ModelFile;
  readonly folder: ModelFolder;
  readonly sidecar?: Sidecar;
  readonly tried?: Sidecar;
  readonly name: string;
  readonly dtype: DType;
  readonly dims?: Dims;
  readonly read?: ReadInitializer;
  readonly warnings: string[];
}

async function resolveInput(request: Request): Promise<ResolvedInput> {
  const { name, dtype, dims, sidecar, tried } = request;
  const wanted = tried?.inputs.get(name), written = sidecar?.inputs.get(name), stated = wanted ?? written;
  const port = { name, dtype, dims: dims ?? [] };
  if (stated && stated.kind !== 'image') {
    const spec = statedSpec(stated, request);
    return { ...port, spec, note: { input: name, source: wanted ? triedSource : sidecar!.name, assumed: false, words: describeSpec(spec), assumptions: [] } };
  }
  if (stated || looksLikePicture(dtype, dims)) return { ...port, ...(await resolveImage(request, [wanted, written].flatMap((item) => (item?.kind === 'image' ? [item.image] : [])))) };
  const spec = guessedSpec(dtype, dims);
  const assumptions = spec.kind === 'tensor' ? [] : [`${name} takes ${describeSpec(spec)}, because its dims are [${(dims ?? []).map((dim) => dim ?? '?').join(', ')}]`];
  return { ...port, spec, note: { input: name, source: 'assumed', assumed: true, words: describeSpec(spec), assumptions } };
}

function statedSpec(stated: Exclude<SidecarInput, { kind: 'image' }>, request: Request): InputSpec {
  if (stated.kind !== 'text' || !stated.tokenizer) return stated.kind === 'text' ? { kind: 'text', maxLength: stated.maxLength } : stated;
  return { kind: 'text', maxLength: stated.maxLength, tokenizer: request.folder.resolve(stated.tokenizer, `${(request.tried?.inputs.has(request.name) ? request.tried : request.sidecar!).name}: inputs.${request.name}.tokenizer`) };
}

const isChannels = (dim: Dim | undefined): boolean => dim === 1 || dim === 3 || dim === 4;
const couldBeSide = (dim: Dim | undefined): boolean => typeof dim !== 'number' || dim < 0 || dim >= 8;

/** Four dims with 1, 3 or 4 channels in second or last place and two sides of at least 8 pixels. */
export function looksLikePicture(dtype: DType, dims: Dims | undefined): boolean {
  if (dims?.length !== 4 || !(isFloat(dtype) || ['uint8', 'int8', 'int32', 'uint16'].includes(dtype))) return false;
  return (isChannels(dims[1]) && couldBeSide(dims[2]) && couldBeSide(dims[3])) || (isChannels(dims[3]) && couldBeSide(dims[1]) && couldBeSide(dims[2]));
}

function guessedSpec(dtype: DType, dims: Dims | undefined): InputSpec {
  const numbers = isFloat(dtype) || dtype === 'int32' || dtype === 'int64';
  return dims?.length === 2 && numbers && isFloat(dtype) ? { kind: 'table', columns: [] } : { kind: 'tensor' };
}

/** @param statements of people, the one that counts first. */
async function resolveImage(request: Request, statements: readonly ImageKnowledge[]): Promise<{ spec: ImageSpec; note: PreprocessingNote }> {
  const [stated] = statements;
  const { model, folder, name, dtype, warnings, read } = request;
  const dims = request.dims;
  if (dims && dims.length !== 4) {
    throw new DataError('badInput', `${stated?.source ?? 'the model'}: inputs.${name}.kind: found "image", but the input has ${dims.length} dims [${dims.map((dim) => dim ?? '?').join(', ')}], expected 4`);
  }
  const entrance = read ? await findEntrance(model.graph, name, read) : undefined;
  const knowledge: ImageKnowledge[] = [];
  const know = (item: ImageKnowledge | undefined): void => {
    if (item) knowledge.push(item);
  };
  statements.forEach(know);
  const beside = (file: string, reader: (json: Record<string, unknown>, source: string) => ImageKnowledge | undefined): void => {
    const json = readOptional(folder, file, warnings);
    know(json && reader(json, file));
  };
  beside('preprocessor_config.json', fromPreprocessorConfig);
  beside('config.json', fromTimmConfig);
  beside('metadata.json', fromTeachableMachine);
  know(fromMetadata(model.metadata));
  know(entrance && fromEntrance(entrance));

  const assumptions: string[] = [];
  const layout = knowledge.find((item) => item.layout)?.layout ?? layoutByDims(dims) ?? (entrance && layoutOf(entrance)) ?? 'NCHW';
  const [c, h, w] = layout === 'NCHW' ? [dims?.[1], dims?.[2], dims?.[3]] : [dims?.[3], dims?.[1], dims?.[2]];
  const fixed = (dim: Dim | undefined): number | undefined => (typeof dim === 'number' && dim > 0 ? dim : undefined);
  const modelChannels = fixed(c) ?? 3;
  know(fromRecognition(model, name, fixed(h), modelChannels));
  know(fromDetector(model, dims, layout, modelChannels));
  know(defaultKnowledge(dtype, layout, modelChannels, fixed(h)));

  const channelSource = knowledge.find((item) => item.channels && channelCount(item.channels) === modelChannels);
  const channels: Channels = channelSource?.channels ?? (modelChannels === 1 ? 'grey' : modelChannels === 4 ? 'RGBA' : 'RGB');
  if (stated?.channels && channels !== stated.channels) throw contradiction(stated.source, `inputs.${name}.channels`, stated.channels, `${modelChannels} channels`);
  const scalingSource = knowledge.find((item) => item.scaling)!;
  for (const item of new Set([channelSource, scalingSource, knowledge.find(({ resize: way }) => way)])) if (item?.assumption) assumptions.push(item.assumption);

  const { resize, words } = resolveResize(knowledge, fixed(h), fixed(w), name, warnings);
  assumptions.push(...words);
  const spec: ImageSpec = {
    kind: 'image', layout, channels, resize,
    ...completeScaling(scalingSource.scaling!, channels),
    alpha: knowledge.find((item) => item.alpha !== undefined)?.alpha,
  };
  const sources = [...new Set([scalingSource, channelSource, knowledge.find((item) => item.resize)].filter((item) => item && !item.assumption).map((item) => (item!.source === triedName ? triedSource : item!.source)))];
  const note: PreprocessingNote = {
    input: name,
    source: sources.join(', ') || 'assumed',
    assumed: assumptions.length > 0,
    words: scalingSource.source === 'layers inside the model' ? `${describeSpec(spec)}, then layers inside the model` : describeSpec(spec),
    assumptions,
  };
  return { spec, note };
}

function contradiction(source: string, field: string, found: string, expected: string): DataError {
  return new DataError('badInput', `${source}: ${field}: found ${found}, expected ${expected}, as the model's input has`);
}

/** Which of the second and the last dim is the channels; undefined if the dims do not tell. */
function layoutByDims(dims: Dims | undefined): ImageSpec['layout'] | undefined {
  if (!dims) return undefined;
  const first = isChannels(dims[1]);
  const last = isChannels(dims[3]);
  if (first !== last) return first ? 'NCHW' : 'NHWC';
  return undefined;
}

/** What is usual for such an input when nothing else is known. */
function defaultKnowledge(dtype: DType, layout: ImageSpec['layout'], channels: number, height: number | undefined): ImageKnowledge {
  const assume = (assumption: string, scaling: Scaling): ImageKnowledge => ({ source: 'assumed', assumption, scaling });
  if (dtype === 'int8') return assume('values −128…127, because the input is of type int8', { range: [-128, 127] });
  if (!isFloat(dtype)) return assume(`values 0…255, because the input is of type ${dtype}`, { range: [0, 255] });
  if (layout === 'NHWC') {
    if (height === 28 && channels === 1) return assume('values 0…1, usual for 28×28 grey pictures', { range: [0, 1] });
    return assume('values −1…1, usual for TensorFlow models (channels last)', { range: [-1, 1] });
  }
  if (channels !== 3) return assume('values 0…1, usual for grey pictures', { range: [0, 1] });
  return assume("RGB with ImageNet's mean and deviation, usual for PyTorch models (channels first)", { range: [0, 1], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
}

function completeScaling(scaling: Scaling, channels: Channels): Pick<ImageSpec, 'range' | 'mean' | 'std'> {
  return {
    range: scaling.range ?? impliedRange(scaling),
    mean: perChannel(scaling.mean, channels, 0, scaling.order),
    std: perChannel(scaling.std, channels, 1, scaling.order),
  };
}

/** Size and way of resizing: the model's fixed sides win over what files say, unless that is the sidecar. */
function resolveResize(knowledge: readonly ImageKnowledge[], height: number | undefined, width: number | undefined, name: string, warnings: string[]): { resize: ResizeSpec; words: string[] } {
  const source = knowledge.find((item) => item.resize);
  const known: ResizeKnowledge = source?.resize ?? {};
  const isSidecar = source?.source === triedName || (source?.source.endsWith('.lens.json') ?? false);
  for (const [side, fixed, stated] of [['height', height, known.height], ['width', width, known.width]] as const) {
    if (fixed === undefined || stated === undefined || fixed === stated) continue;
    if (isSidecar) throw contradiction(source!.source, `inputs.${name}.resize (${side})`, String(stated), String(fixed));
    warnings.push(`${source!.source} gives a ${side} of ${stated}, but the model's input has ${fixed}; ${fixed} is used`);
  }
  const words: string[] = [];
  const finalHeight = height ?? known.height ?? known.shorterSide ?? defaultSide;
  const finalWidth = width ?? known.width ?? known.shorterSide ?? defaultSide;
  if ((height ?? known.height ?? known.shorterSide) === undefined) words.push(`size ${finalWidth}×${finalHeight}, because the model takes any`);
  const interpolation = known.interpolation ?? 'bilinear';
  const size = { height: finalHeight, width: finalWidth, interpolation };
  if (known.mode === 'letterbox') return { resize: { mode: 'letterbox', fill: known.fill ?? [0, 0, 0], ...size }, words };
  if (known.mode === 'crop') return { resize: { mode: 'crop', shorterSide: isSidecar && known.shorterSide ? known.shorterSide : Math.max(known.shorterSide ?? 0, finalHeight, finalWidth), ...size }, words };
  if (known.mode === undefined) words.push('the whole picture is stretched to the input\'s size (bilinear)');
  return { resize: { mode: 'stretch', ...size }, words };
}
