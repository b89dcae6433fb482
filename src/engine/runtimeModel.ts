/**
 * A loaded model as methods see it (the `Model` interface), on ONNX Runtime. Batches are cut to a size that keeps one
 * run short, because a run blocks the process: between runs the engine answers a cancel and sends partial results.
 */
import type { CompositeSpec } from '../autodiff/composites';
import { buildGradientModel, type GradientModel } from '../autodiff/gradientModel';
import { NotDifferentiable, type Dialect } from '../autodiff/rule';
import { standardRules } from '../autodiff/rules/index';
import { primalsOf, specialise } from '../autodiff/specialise';
import { findFinalActivation, type FinalActivation } from '../autodiff/targets';
import { writeOnnx } from '../formats/onnx/write';
import { countsSamples } from '../graph/batchable';
import { initializerType, type ModelFile, type ValueType } from '../graph/graph';
import { inferShapes, type Inference } from '../graph/inference/infer';
import { withKnownInputs } from '../graph/knownInputs';
import { portable } from '../graph/portable';
import { withRealInputs } from '../graph/realInputs';
import { inSinglePrecision } from '../graph/singlePrecision';
import type { RuntimeChoice } from '../graph/summary';
import type { AttentionBlock, Feeds, GradientRequest, GradientResult, InnerLayer, PortInfo, SpatialLayer, Target } from '../methods/model';
import type { DeviceId } from '../protocol/engine';
import type { NodePlacement } from '../protocol/nodePlacement';
import { LensError, throwIfAborted } from '../protocol/rpc';
import { asFloatTensor, toFloat32 } from '../tensor/convert';
import { byteLength, isFloat } from '../tensor/dtype';
import { elementCount, type FloatTensor, type Tensor } from '../tensor/tensor';
import { findAttention } from './attention';
import { concatRows, padRows, sliceRows } from './batching';
import { cutModel } from './cut';
import { findEmbedding } from './embeddings';
import { forwardModel } from './forwardModel';
import { DeviceFault } from './devices/fault';
import { deviceNames } from './devices/names';
import { Placement } from './devices/placement';
import { RunSizes } from './devices/runSizes';
import type { RunKind } from './devices/trials';
import { asDeclared, checkFeed, checkInner, mapValues, type TensorType } from './feeds';
import { findLayers, findSpatialLayers } from './layers';
import type { LoadedModel } from './loadedModel';
import { OpenBatch } from './openBatch';
import type { Session, Sessions, SessionSource } from './sessions';
import { scoresOf, targetFeed, targetKey } from './targetValues';
import { batchSizes } from './workload';

/** Ops that hold an attention inside. */
const fusedAttention = /Attention$/;

export interface RuntimeModelOptions {
  readonly file: ModelFile;
  /** What the file is recognised by (path, size, time of change): part of every session's key. */
  readonly identity: string;
  /** Dims of every input for one sample (dim 0 is 1 where there is a batch). */
  readonly sampleDims: Readonly<Record<string, readonly number[]>>;
  readonly sessions: Sessions;
  /** One device, or where the model is placed among several. */
  readonly device: DeviceId | Placement;
  readonly signal?: AbortSignal;
  /** Told once about everything a user should know, one sentence each. */
  readonly warn?: (message: string) => void;
  /** Values of inputs that hold one whole number (a sample rate, a number of steps): gradient graphs are built for them. */
  readonly switches?: Readonly<Record<string, number>>;
  /** Milliseconds spent creating sessions and running them are added here. */
  readonly timings?: Record<string, number>;
  /** Where the nodes of graphs ran that were run on another device than the CPU is told here, by graph. */
  readonly ranWhere?: Map<string, RanWhere>;
  /** Whether samples are rows of a table: tiny, and many. */
  readonly manyRows?: boolean;
}

/** Where the nodes of a graph ran. */
export interface RanWhere {
  readonly graph: 'forward' | 'gradient';
  readonly device: DeviceId;
  readonly placement: NodePlacement;
}

export class RuntimeModel implements LoadedModel {
  readonly runtime: RuntimeChoice = { id: 'onnxruntime' };
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  readonly file: ModelFile;
  private readonly inference: Inference;
  /** Of the file as it is, where that is another than the one that is differentiated. */
  private ownInference: Inference | undefined;
  private readonly placement: Placement;
  private readonly sizes: RunSizes;
  private readonly warned = new Set<string>();
  private readonly undifferentiable = new Map<string, string | undefined>();
  /** The file cut at inner values that are fed, by their names. */
  private readonly cuts = new Map<string, ModelFile>();
  /** Samples the model file insists on in every run. */
  private readonly fixedBatch: number | undefined;
  /** How a file that insists on one sample is run on many. */
  private readonly openBatch: OpenBatch;
  /** Inner targets by whether dim 0 counts samples there. */
  private readonly counting = new Map<string, boolean>();

  constructor(private readonly options: RuntimeModelOptions) {
    this.file = withRealInputs(options.file);
    const { graph } = this.file;
    this.inputs = graph.inputs.map((input) => portInfo(input.name, input.type));
    this.outputs = graph.outputs.filter((output) => output.type.kind === 'tensor').map((output) => portInfo(output.name, output.type));
    this.inference = inferShapes(withKnownInputs(this.file, options.switches ?? {}), options.sampleDims);
    const { device } = options;
    this.placement = typeof device === 'string' ? Placement.on({ id: device, available: true, detail: deviceNames[device] }) : device;
    const inputBytes = this.inputs.reduce((sum, { name, dtype }) => sum + (dtype === 'undefined' ? 0 : byteLength(dtype, elementCount(options.sampleDims[name] ?? []))), 0);
    this.sizes = new RunSizes(this.placement, batchSizes(this.file, this.inference, options.manyRows), inputBytes);
    this.fixedBatch = this.inputs.filter((input) => this.hasBatch(input.name)).map((input) => input.dims[0]).find((dim) => typeof dim === 'number');
    this.openBatch = new OpenBatch(options.file, options.sampleDims);
  }

  /** The same model with another content of its file (other weights, the same inputs), in sessions of its own. */
  withFile(file: ModelFile, identity: string, sessions: Sessions): RuntimeModel {
    return new RuntimeModel({ ...this.options, file, identity, sessions });
  }

  batchFor(request: 'forward' | 'gradient'): number {
    // A list of two is one sample, and so is every value of a model without a batch.
    if (!this.inputs.some(({ name }) => this.hasBatch(name))) return 1;
    return this.fixedBatch === undefined || (this.fixedBatch === 1 && this.openBatch.possible) ? this.sizes.batchFor(request) : this.fixedBatch;
  }

  async run(feeds: Feeds, fetch: readonly string[] = this.outputs.map((output) => output.name)): Promise<Readonly<Record<string, Tensor>>> {
    const checked = this.checkFeeds(feeds);
    const samples = this.samples(checked);
    // A value that is an input is what was fed.
    const fed = fetch.filter((name) => checked[name]);
    const computed = fetch.filter((name) => !checked[name]);
    const results = computed.length
      ? await this.inBatches({ kind: 'forward', graph: [computed], samples, together: true, touched: computed }, checked, (chunk, dims, _, device) => this.forward(chunk, dims, computed, device))
      : {};
    for (const name of fed) results[name] = checked[name]!;
    return results;
  }

  async scores(feeds: Feeds, target: Target): Promise<Float32Array> {
    const name = target.output, dtype = this.outputs.find((output) => output.name === name)?.dtype ?? tensorType(this.typeOf(name))?.dtype;
    // Whole numbers have no slope, but can be compared: quantised scores, votes of trees.
    if (dtype !== undefined && !isFloat(dtype)) {
      const samples = this.samples(this.checkFeeds(feeds));
      return scoresOf(toFloat32((await this.run(feeds, [name]))[name]!), samples, target);
    }
    return (await this.targets({ feeds, target, wrt: [] }, 'forward')).scores;
  }

  gradients(request: GradientRequest): Promise<GradientResult> {
    return this.targets(request, 'gradient');
  }

  private async targets(request: GradientRequest, kind: 'forward' | 'gradient'): Promise<GradientResult> {
    const { target, wrt, fetch = [], composite, references = {} } = request;
    // Gradient graphs hold no half floats (graph/singlePrecision.ts).
    const single = (feeds: Feeds): Record<string, Tensor> => mapValues(this.checkFeeds(feeds, true), (tensor) => (tensor.dtype === 'float16' ? asFloatTensor(tensor) : tensor));
    const checked = single(request.feeds);
    const baselines = single({ ...request.feeds, ...references });
    for (const name of Object.keys(references)) checked[referencePrefix + name] = baselines[name]!;
    const samples = this.samples(checked);
    const score = '\0score';
    // What the dims of an inner value are for many samples is asked of the model that runs them.
    if (samples > 1) await this.insistsOn(checked, samples);
    const job: BatchJob = {
      kind, samples, graph: [...targetKey(target), wrt, fetch, composite], together: samples === 1 || this.countsSamples(target.output), touched: [...wrt, ...fetch, target.output],
    };
    const results = await this.inBatches(job, checked, async (chunk, dims, rows, device) => {
      const { scores, gradients, values, figures } = await this.gradient(chunk, dims, rows, target, wrt, fetch, composite, device);
      const flat: Record<string, Tensor> = { [score]: scores };
      for (const name of wrt) flat[`\0gradient ${name}`] = gradients[name]!;
      for (const name of fetch) flat[name] = values[name]!;
      for (const [name, value] of Object.entries(figures)) flat[figurePrefix + name] = value;
      return flat;
    });
    const gradients: Record<string, FloatTensor> = {};
    for (const name of wrt) gradients[name] = asFloatTensor(results[`\0gradient ${name}`]!);
    const values: Record<string, Tensor> = {};
    for (const name of fetch) values[name] = results[name]!;
    const figures: Record<string, FloatTensor> = {};
    for (const [name, value] of Object.entries(results)) if (name.startsWith(figurePrefix)) figures[name.slice(figurePrefix.length)] = asFloatTensor(value);
    return { scores: toFloat32(results[score]!), gradients, values, figures };
  }

  async whyNotDifferentiable(target: Target, wrt = this.inputs.find((input) => isFloat(input.dtype))?.name, composite?: CompositeSpec): Promise<string | undefined> {
    if (wrt === undefined) return 'none of the inputs holds real numbers, so there is nothing to differentiate to';
    const key = JSON.stringify([...targetKey(target), wrt, composite]);
    if (!this.undifferentiable.has(key)) {
      let reason: string | undefined;
      try {
        const samples = this.fixedBatch ?? 1;
        const dims = Object.entries(this.options.sampleDims).map(([name, own]) => [name, this.hasBatch(name) ? [samples, ...own.slice(1)] : own] as const);
        this.build(Object.fromEntries(dims), samples, target, [wrt], [], composite, this.placement.device('gradient') === 'cpu' ? 'cpu' : 'portable');
      } catch (error) {
        if (!(error instanceof NotDifferentiable)) throw error;
        reason = error.message;
      }
      this.undifferentiable.set(key, reason);
    }
    return this.undifferentiable.get(key);
  }

  async spatialLayers(target?: Target): Promise<readonly SpatialLayer[]> {
    const pictures = Object.values(this.options.sampleDims).some((dims) => dims.length === 4);
    const ends = this.endsFor(target), layers = findSpatialLayers(this.file.graph, this.inference.types, ends, pictures);
    // A map of the explained value itself would only repeat it.
    return target ? layers.filter(({ value }) => !ends.includes(value)) : layers;
  }

  async layers(target?: Target): Promise<readonly InnerLayer[]> {
    return findLayers(this.file.graph, this.inference.types, this.endsFor(target));
  }

  /** The values that layers lead to: what is explained of an output, or all outputs. */
  private endsFor(target: Target | undefined): readonly string[] {
    if (!target) return this.outputs.map((output) => output.name);
    return [(target.space === 'logit' ? this.activationOf(target.output).logits : undefined) ?? target.output];
  }

  async embedding(input: string): Promise<string | undefined> {
    return findEmbedding(this.file.graph, this.inference.types, input);
  }

  async attentionBlocks(): Promise<readonly AttentionBlock[]> {
    const outputs = this.outputs.map((output) => output.name);
    const plain = findAttention(this.file.graph, this.inference.types, outputs);
    if (!this.file.graph.nodes.some(({ opType }) => fusedAttention.test(opType))) return plain;
    const { model, inference } = specialise(this.file, this.options.sampleDims, (key) => key in standardRules);
    const known = new Set(plain.map(({ value }) => value));
    return findAttention(model.graph, inference.types, outputs).map((block) => (known.has(block.value) ? block : { ...block, fused: true }));
  }

  /**
   * The softmax, log-softmax or sigmoid that `output` ends in, if any, and the value before it (only if its elements
   * are in the output's order).
   */
  activationOf(output: string): { kind?: FinalActivation['kind']; logits?: string } {
    const final = findFinalActivation(this.file.graph.nodes, output, primalsOf(this.inference, this.file.graph));
    return final ? { kind: final.kind, ...(final.keepsOrder && { logits: final.logits }) } : {};
  }

  /** Inferred type of a value for one sample. */
  typeOf(value: string): ValueType | undefined {
    return this.inference.types.get(value);
  }

  // --- runs --------------------------------------------------------------------------------------------------------

  private async forward(feeds: Feeds, dims: Readonly<Record<string, readonly number[]>>, fetch: readonly string[], device: DeviceId, file = this.ownFor(dims)): Promise<Record<string, Tensor>> {
    const key = JSON.stringify([this.options.identity, 'forward', dims, fetch]);
    const model = (): ModelFile => forwardModel(file, dims, fetch, this.typesFor(fetch));
    const build = async () => ({ source: await sessionSource(device === 'cpu' ? model() : portable(model())), meta: undefined });
    return this.options.sessions.use({ key, device, model: this.options.file, build },
      (session) => this.timed(session, { graph: 'forward', device, key }, () => session.run(asDeclared(feeds, file), fetch)));
  }

  /** Types of values as they are read out of a forward pass: bytes stay bytes there. */
  private typesFor(fetch: readonly string[]): Inference['types'] {
    if (this.file === this.options.file || fetch.every((name) => this.outputs.some((port) => port.name === name))) return this.inference.types;
    this.ownInference ??= inferShapes(withKnownInputs(this.options.file, this.options.switches ?? {}), this.options.sampleDims);
    return this.ownInference.types;
  }

  private async gradient(feeds: Feeds, dims: Readonly<Record<string, readonly number[]>>, rows: number, target: Target, wrt: readonly string[], fetch: readonly string[], composite: CompositeSpec | undefined, device: DeviceId): Promise<{ scores: Tensor; gradients: Record<string, Tensor>; values: Record<string, Tensor>; figures: Record<string, Tensor> }> {
    const key = JSON.stringify([this.options.identity, 'gradient', dims, ...targetKey(target), wrt, fetch, composite, this.options.switches]);
    const build = async () => {
      const { model, ...ports } = this.build(Object.fromEntries(Object.entries(dims).filter(([name]) => !name.startsWith(referencePrefix))), rows, target, wrt, fetch, composite, device === 'cpu' ? 'cpu' : 'portable');
      return { source: await sessionSource(model), meta: ports };
    };
    return this.options.sessions.use({ key, device, model: this.options.file, build }, async (session, built) => {
      const names = [built.scoreOutput, ...Object.values(built.gradients), ...Object.values(built.fetched), ...Object.values(built.figures)];
      const baselines = Object.fromEntries(Object.entries(built.referenceInputs).map(([name, input]) => [input, feeds[referencePrefix + name] ?? feeds[name]!]));
      const all: Feeds = { ...feeds, ...baselines, [built.targetInput]: targetFeed(target, rows) };
      // Switches and what the target does not need are no inputs of the built graph.
      const needed = Object.fromEntries(Object.entries(all).filter(([name]) => session.inputNames.includes(name)));
      const out = await this.timed(session, { graph: 'gradient', device, key }, () => session.run(needed, [...new Set(names)]));
      const pick = (table: Readonly<Record<string, string>>): Record<string, Tensor> => Object.fromEntries(Object.entries(table).map(([name, output]) => [name, out[output]!]));
      return { scores: out[built.scoreOutput]!, gradients: pick(built.gradients), values: pick(built.fetched), figures: pick(built.figures) };
    });
  }

  private build(inputDims: Readonly<Record<string, readonly number[]>>, samples: number, target: Target, wrt: readonly string[], fetch: readonly string[], composite: CompositeSpec | undefined, dialect: Dialect): GradientModel {
    const { switches = {} } = this.options, model = withKnownInputs(inSinglePrecision(this.cutFor(inputDims)), switches);
    const dims = Object.fromEntries(Object.entries(inputDims).filter(([name]) => !Object.hasOwn(switches, name) || model.graph.inputs.some((input) => input.name === name)));
    return buildGradientModel({ model, inputDims: dims, samples, target: { output: target.output, space: target.space, form: target.combine?.kind ?? 'element' }, wrt, fetch, dialect, ...(composite && { composite }) });
  }

  /** The file as its forward pass is run: bytes as bytes, because quantised layers are fused where they read them. */
  private ownFor(dims: Readonly<Record<string, readonly number[]>>): ModelFile {
    const file = this.cutFor(dims);
    return file === this.file ? this.options.file : file === this.openBatch.real ? this.openBatch.model! : file;
  }

  /** The file as it is differentiated with these inputs: cut where some of them are inner values. */
  private cutFor(dims: Readonly<Record<string, readonly number[]>>): ModelFile {
    const inner = Object.keys(dims).filter((name) => !this.inputs.some((input) => input.name === name));
    const file = this.openBatch.real ?? this.file;
    if (inner.length === 0) return file;
    const key = JSON.stringify([file !== this.file, inner.map((name) => [name, dims[name]])]);
    let cut = this.cuts.get(key);
    if (!cut) {
      cut = cutModel(file, inner.map((name) => ({ name, type: { kind: 'tensor', dtype: tensorType(this.typeOf(name))!.dtype, dims: dims[name]! } })));
      this.cuts.set(key, cut);
    }
    return cut;
  }

  /**
   * Runs `work` over batches of `samples`, as many in one run as suits the device (devices/runSizes.ts), and puts the
   * results together. What a device fails at is run again elsewhere, or in smaller batches; the rest stays as it is.
   */
  private async inBatches({ kind, graph, samples, together, touched }: BatchJob, feeds: Feeds, work: Work): Promise<Record<string, Tensor>> {
    const { placement, sizes } = this;
    const fixed = await this.insistsOn(feeds, samples), cuttable = together && [...touched, ...Object.keys(feeds)].every((name) => this.rowsPerSample(name) <= 1);
    if (fixed === 1 && samples > 1) this.warn('The model file takes one sample a run, so batches are run one by one.');
    if (fixed !== undefined && fixed > 1) this.warn(`The model file takes ${fixed} samples a run; missing ones are filled up with copies.`);
    const cut = (start: number, end: number, rows: number): [Record<string, Tensor>, Record<string, readonly number[]>] => {
      const chunk: Record<string, Tensor> = {}, dims: Record<string, readonly number[]> = {};
      for (const [name, tensor] of Object.entries(feeds)) {
        const each = this.rowsPerSample(name), batched = each > 0 && tensor.dims[0] === samples * each;
        chunk[name] = batched ? padRows(sliceRows(tensor, start * each, end * each), rows * each) : tensor;
        dims[name] = chunk[name].dims;
      }
      return [chunk, dims];
    };
    const key = JSON.stringify([kind, graph, Object.entries(feeds).map(([name, { dims }]) => [name, dims.slice(1)]), this.options.switches]);
    const parts: Record<string, Tensor>[] = [];
    for (let start = 0, end = 0; start < samples; start = end) {
      throwIfAborted(this.options.signal);
      const rows = fixed ?? (cuttable ? sizes.rows(kind, samples - start, samples) : 1), from = start;
      end = Math.min(samples, start + rows);
      const run = async (device: DeviceId, first = from, count = rows): Promise<Record<string, Tensor>> => {
        const began = performance.now(), result = await work(...cut(first, Math.min(samples, first + count), count), count, device);
        sizes.ran(kind, device, count, performance.now() - began);
        return result;
      };
      const part = { run: (device: DeviceId, count: number) => run(device, from, count), of: (results: Record<string, Tensor>, count: number) => mapValues(results, (tensor) => (tensor.dims[0] === rows ? sliceRows(tensor, 0, count) : tensor)) };
      let result: Record<string, Tensor>;
      try {
        result = await placement.run({ kind, graph: key, rows, small: sizes.isSmall(samples), run, ...(fixed === undefined && rows > 1 && { part }) });
      } catch (error) {
        if (!(error instanceof DeviceFault) || error.kind !== 'memory' || !sizes.shrink(kind, rows)) throw error;
        await this.options.sessions.releaseIdle(error.device);
        end = start;
        continue;
      }
      parts.push(end - start === rows ? result : mapValues(result, (tensor) => (tensor.dims[0] === rows ? sliceRows(tensor, 0, end - from) : tensor)));
    }
    sizes.keep(kind);
    throwIfAborted(this.options.signal);
    if (parts.length === 1) return parts[0]!;
    return mapValues(parts[0]!, (_, name) => {
      const pieces = parts.map((part) => part[name]!);
      if (pieces.some((piece) => piece.dims.length === 0)) throw new LensError('unsupported', `value '${name}' is one number for a whole batch, so a batch cannot be cut`);
      return concatRows(pieces);
    });
  }

  /** Samples every run must have; undefined where any number may run together. */
  private async insistsOn(feeds: Feeds, samples: number): Promise<number | undefined> {
    if (this.fixedBatch !== 1 || samples === 1) return this.fixedBatch;
    await this.openBatch.prove(feeds, (model, given) => {
      const dims = Object.fromEntries(Object.entries(given).map(([name, tensor]) => [name, tensor.dims]));
      const fetch = model.graph.outputs.filter(({ type }) => type.kind === 'tensor').map(({ name }) => name);
      // That the rewritten file is right holds for every device.
      return this.forward(given, dims, fetch, 'cpu', model);
    });
    return this.openBatch.model ? undefined : 1;
  }

  private async timed<T>(session: Session, { graph, device, key }: Pick<RanWhere, 'graph' | 'device'> & { readonly key: string }, work: () => Promise<T>): Promise<T> {
    for (const warning of session.warnings) this.warn(warning);
    const start = performance.now();
    try {
      return await work();
    } finally {
      const { timings, ranWhere } = this.options;
      if (session.nodePlacement) ranWhere?.set(key, { graph, device, placement: session.nodePlacement });
      if (timings) timings.runMs = (timings.runMs ?? 0) + performance.now() - start;
    }
  }

  // --- feeds -------------------------------------------------------------------------------------------------------

  /** Whether dim 0 of an input counts samples. */
  private hasBatch(input: string): boolean {
    return this.options.sampleDims[input]?.[0] === 1;
  }

  /** Whether dim 0 of a target counts samples; outputs do, or say so when they are resolved. */
  private countsSamples(value: string): boolean {
    if (this.outputs.some(({ name }) => name === value)) return true;
    let counts = this.counting.get(value);
    if (counts === undefined) this.counting.set(value, counts = countsSamples(this.openBatch.real ?? this.file, this.options.sampleDims, value));
    return counts;
  }

  /** Rows of dim 0 one sample has; 0 for inputs without a batch dim and values without dims. */
  private rowsPerSample(value: string): number {
    const name = value.startsWith(referencePrefix) ? value.slice(referencePrefix.length) : value;
    if (this.options.sampleDims[name]) return Number(this.hasBatch(name));
    const rows = tensorType(this.inference.types.get(name))?.dims?.[0];
    return typeof rows === 'number' ? rows : 1;
  }

  private samples(feeds: Feeds): number {
    let samples = 1;
    for (const [name, tensor] of Object.entries(feeds)) {
      const each = this.rowsPerSample(name), rows = each > 0 && tensor.dims[0] !== undefined ? tensor.dims[0] / each : 1;
      if (rows === 1) continue;
      if (samples !== 1 && rows !== samples) throw new LensError('badInput', `input '${name}' has ${rows} samples, another input ${samples}`);
      samples = rows;
    }
    return samples;
  }

  /**
   * Every input there, with the element type and dims the model declares; floats are converted to the model's type.
   * @param single float32 may stay where the model takes half floats.
   */
  private checkFeeds(feeds: Feeds, single = false): Record<string, Tensor> {
    const checked: Record<string, Tensor> = {};
    for (const port of this.inputs) {
      const feed = feeds[port.name];
      if (!feed) throw new LensError('badInput', `input '${port.name}' was not given`);
      checked[port.name] = checkFeed(port, feed, this.hasBatch(port.name), single);
    }
    for (const [name, feed] of Object.entries(feeds)) {
      const inner = checked[name] ? undefined : tensorType(this.typeOf(name));
      if (inner) checked[name] = checkInner(name, inner, feed, single);
      if (!checked[name]) throw new LensError('badInput', `the model has no input '${name}'; its inputs are ${this.inputs.map((port) => `'${port.name}'`).join(', ')}`);
    }
    return checked;
  }

  private warn(message: string): void {
    if (this.warned.has(message)) return;
    this.warned.add(message);
    this.options.warn?.(message);
  }
}

/** What is run over many samples. */
interface BatchJob {
  readonly kind: RunKind;
  /** All that makes the graph another one. */
  readonly graph: readonly unknown[];
  readonly samples: number;
  /** Whether several samples may go into one run, as far as the target goes … */
  readonly together: boolean;
  /**
   * … and the values that are fed inside or read out: one whose dim 0 does not count samples (windows, heads, steps)
   * cannot be cut, so its samples are run singly and put one after another.
   */
  readonly touched: readonly string[];
}

/** Runs `rows` samples on a device. */
type Work = (chunk: Feeds, dims: Record<string, readonly number[]>, rows: number, device: DeviceId) => Promise<Record<string, Tensor>>;

/** Marks baselines among the feeds, and a composite's figures among the results. */
const referencePrefix = '\0reference ', figurePrefix = '\0figure ';

function portInfo(name: string, type: ValueType): PortInfo {
  return type.kind === 'tensor' ? { name, dtype: type.dtype, dims: type.dims ?? [] } : { name, dtype: 'undefined', dims: [] };
}

function tensorType(type: ValueType | undefined): TensorType | undefined {
  return type?.kind === 'tensor' ? type : undefined;
}

/** The bytes ONNX Runtime loads, and how much the weights it will map weigh. */
async function sessionSource(model: ModelFile): Promise<SessionSource> {
  const { bytes, externalFolder } = await writeOnnx(model);
  let weightBytes = 0;
  for (const initializer of model.graph.initializers.values()) {
    const { dtype, dims } = initializerType(initializer);
    weightBytes += byteLength(dtype, elementCount(dims));
  }
  return { bytes, externalFolder, weightBytes };
}
