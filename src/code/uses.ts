/** Strings that name layers and tensors of a model, by the calls they stand in. */
import { argumentOf, calleeText, methodOf, walk, type Expr, type StringExpr } from './expression';
import type { HeldModel, Program } from './program';
import { feedShapes } from './shapes';
import type { NameUse, ShapeUse } from './types';

type CallExpr = Extract<Expr, { kind: 'call' }>;
type Kind = NameUse['kind'];

/** Calls whose strings name something of what they are called on: which of the arguments, and what it names. */
const named: Readonly<Record<string, { readonly kind: Kind; readonly position: number; readonly keyword?: string }>> = {
  get_layer: { kind: 'layer', position: 0, keyword: 'name' }, getLayer: { kind: 'layer', position: 0 }, GetLayer: { kind: 'layer', position: 0 },
  get_submodule: { kind: 'layer', position: 0, keyword: 'target' }, get_parameter: { kind: 'tensor', position: 0, keyword: 'target' }, get_buffer: { kind: 'tensor', position: 0 },
  getLayerId: { kind: 'tensor', position: 0 }, bind_input: { kind: 'input', position: 0, keyword: 'name' }, bind_cpu_input: { kind: 'input', position: 0, keyword: 'name' },
  bind_ortvalue_input: { kind: 'input', position: 0, keyword: 'name' }, bind_output: { kind: 'output', position: 0, keyword: 'name' }, bind_ortvalue_output: { kind: 'output', position: 0, keyword: 'name' },
  BindInput: { kind: 'input', position: 0 }, BindOutput: { kind: 'output', position: 0 },
};
/** Collections of a model's parts by name, as methods and as properties. */
const collections: Readonly<Record<string, Kind>> = {
  named_modules: 'layer', named_children: 'layer', named_parameters: 'tensor', named_buffers: 'tensor', state_dict: 'tensor',
  InputMetadata: 'input', OutputMetadata: 'output', inputMetadata: 'input', outputMetadata: 'output',
};
/** Whose `run({…})` is a model's, where the file does not say what the variable holds. */
const modelLike = /sess|model|^ort\b|network|^net$|predictor/i;

export interface Uses { readonly names: readonly NameUse[]; readonly shapes: readonly ShapeUse[] }

export function usesOf(program: Program): Uses {
  const reader = new UseReader(program);
  walk(program.root, (expr) => reader.visit(expr));
  return { names: reader.names, shapes: reader.shapes };
}

class UseReader {
  readonly names: NameUse[] = [];
  readonly shapes: ShapeUse[] = [];
  private readonly seen = new Set<StringExpr>();

  constructor(private readonly program: Program) {}

  visit(expr: Expr): void {
    if (expr.kind === 'call') this.call(expr);
    else if (expr.kind === 'index') this.index(expr);
    else if (expr.kind === 'assign' && expr.keys && expr.value) this.destructured(expr.value, expr.keys);
  }

  private call(call: CallExpr): void {
    const { method, receiver } = methodOf(call.callee);
    const at = call.range.start;
    const rule = Object.hasOwn(named, method) ? named[method] : undefined;
    if (rule && receiver) {
      this.strings(argumentOf(call, rule.position, ...(rule.keyword ? [rule.keyword] : [])), rule.kind, this.program.modelOf(rootOf(receiver), at), at);
      return;
    }
    if (method === 'CreateFromTensor' && receiver) return this.fromTensor(call);
    if (!receiver) return this.direct(call);
    const model = (): HeldModel => this.program.modelOf(receiver, at);
    switch (method) {
      case 'run': case 'Run': case 'runAsync': case 'RunAsync': case 'run_async': case 'run_with_iobinding': return this.run(call, model());
      case 'execute': case 'executeAsync': return this.execute(call, model());
      case 'predict': case 'predict_on_batch': case 'predictOnBatch': case 'infer_new_request': case '__call__': return this.predict(call, model());
      case 'setInput': return this.ofKnown(argumentOf(call, 1, 'name'), 'input', model(), at);
      case 'forward': return this.ofKnown(argumentOf(call, 0, 'outputName', 'outBlobNames'), 'tensor', model(), at);
      case 'input': case 'output': return this.ofKnown(argumentOf(call, 0), method, model(), at);
      case 'get': return this.fromResult(receiver, argumentOf(call, 0), at);
    }
  }

  /** `model(np.zeros((1, 64, 64, 3)))` */
  private direct(call: CallExpr): void {
    if (call.callee.kind !== 'name') return;
    const model = this.program.modelOf(call.callee, call.range.start);
    if (model.load !== undefined) this.predict(call, model);
  }

  /** onnxruntime: run(outputs, feeds) in Python, run(feeds, outputs) elsewhere; C++: run(options, inputs, tensors, count, outputs, count). */
  private run(call: CallExpr, model: HeldModel): void {
    const at = call.range.start;
    const resolved = (expr: Expr | undefined): Expr | undefined => expr && this.program.scope.resolve(expr, at);
    const [first, second] = [argumentOf(call, 0, 'output_names', 'inputs'), argumentOf(call, 1, 'input_feed', 'outputNames')];
    const [a, b] = [resolved(first), resolved(second)];
    const feed = argumentOf(call, -1, 'input_feed') ? b : isFeed(a) ? a : isFeed(b) ? b : undefined;
    const known = model.load !== undefined || (model.variable !== undefined && modelLike.test(model.variable));
    if (!known && !(a?.kind === 'list' && isFeed(b))) return;
    if (call.args.length >= 5 && !feed) {
      this.strings(resolved(call.args[1]!.value), 'input', model, at);
      this.strings(resolved(call.args[4]!.value), 'output', model, at);
      return;
    }
    if (feed) this.feed(feed, model, at);
    const outputs = feed !== undefined && feed === a ? b : a;
    this.strings(outputs, 'output', model, at);
    // C#: Run(inputs, new[] { "probs" }).
    if (!feed && b?.kind === 'list') this.strings(b, 'output', model, at);
  }

  /** TensorFlow.js graph models: execute(inputs, nodes). */
  private execute(call: CallExpr, model: HeldModel): void {
    const at = call.range.start;
    if (model.load === undefined && !(model.variable !== undefined && modelLike.test(model.variable))) return;
    const input = argumentOf(call, 0);
    const feed = input && this.program.scope.resolve(input, at);
    if (feed && isFeed(feed)) this.feed(feed, model, at);
    else if (input) this.shape(input, undefined, model, at);
    const outputs = argumentOf(call, 1);
    this.strings(outputs && this.program.scope.resolve(outputs, at), 'tensor', model, at);
  }

  private predict(call: CallExpr, model: HeldModel): void {
    const at = call.range.start;
    const input = argumentOf(call, 0, 'x');
    if (model.load === undefined || !input) return;
    const value = this.program.scope.resolve(input, at);
    if (isFeed(value)) this.feed(value, model, at);
    else if (value.kind === 'list') { if (value.items.length === 1) this.shape(value.items[0]!, undefined, model, at); } else this.shape(input, undefined, model, at);
  }

  /** What goes in, by name: a dictionary, Java's Map.of(…), Rust's inputs![…]. */
  private feed(feed: Expr, model: HeldModel, at: number): void {
    for (const { key, value } of entries(feed)) {
      if (key.kind !== 'string') continue;
      this.add(key, 'input', model);
      if (value) this.shape(value, key.value, model, at);
    }
  }

  private fromTensor(call: CallExpr): void {
    const name = argumentOf(call, 0, 'name'), tensor = argumentOf(call, 1, 'value');
    if (name?.kind !== 'string') return;
    this.add(name, 'input', {});
    if (tensor) this.shape(tensor, name.value, {}, call.range.start);
  }

  private ofKnown(expr: Expr | undefined, kind: Kind, model: HeldModel, at: number): void {
    if (model.load !== undefined) this.strings(expr, kind, model, at);
  }

  /** `dict(model.named_modules())["layer1.0"]`, `modules["layer1.0"]`, `session.InputMetadata["x"]`, `outputs["probs"]` of a run. */
  private index({ object, indices, range }: Extract<Expr, { kind: 'index' }>): void {
    const [key] = indices;
    if (indices.length !== 1) return;
    if (/(?:^|\.)inputs$/.test(calleeText(object)) && key && isFeed({ kind: 'index', object, indices, range })) return;
    if (key?.kind !== 'string') return;
    const held = this.collection(object, range.start);
    if (held) this.add(key, held.kind, this.program.modelOf(rootOf(held.owner), range.start));
    else this.fromResult(object, key, range.start);
  }

  private collection(object: Expr, at: number): { readonly kind: Kind; readonly owner: Expr } | undefined {
    let expr = this.program.scope.resolve(object, at);
    if (expr.kind === 'call' && /^(?:dict|OrderedDict|Object\.fromEntries)$/.test(calleeText(expr.callee)) && expr.args.length === 1) expr = this.program.scope.resolve(expr.args[0]!.value, at);
    const callee = expr.kind === 'call' ? expr.callee : expr;
    const { method, receiver } = methodOf(callee);
    return receiver && Object.hasOwn(collections, method) ? { kind: collections[method]!, owner: receiver } : undefined;
  }

  /** A name asked of what a run gave back. */
  private fromResult(object: Expr, key: Expr | undefined, at: number): void {
    if (key?.kind !== 'string') return;
    const model = this.ranModel(this.program.scope.resolve(object, at));
    if (model) this.add(key, 'output', model);
  }

  private destructured(value: Expr, keys: readonly StringExpr[]): void {
    const model = this.ranModel(value);
    if (model) for (const key of keys) this.add(key, 'output', model);
  }

  /** The model whose run an expression is, if it is known to be one. */
  private ranModel(expr: Expr): HeldModel | undefined {
    if (expr.kind !== 'call') return undefined;
    const { method, receiver } = methodOf(expr.callee);
    if (!receiver || !/^(?:run|Run)$/.test(method)) return undefined;
    const model = this.program.modelOf(receiver, expr.range.start);
    return model.load !== undefined && this.program.loads[model.load]!.kind === 'onnxruntime' ? model : undefined;
  }

  /** A string, or each of a list. */
  private strings(expr: Expr | undefined, kind: Kind, model: HeldModel, at: number): void {
    const value = expr && this.program.scope.resolve(expr, at);
    if (value?.kind === 'string') this.add(value, kind, model);
    else if (value?.kind === 'list') for (const item of value.items) if (item.kind === 'string') this.add(item, kind, model);
  }

  private add(name: StringExpr, kind: Kind, { variable, load }: HeldModel): void {
    if (this.seen.has(name)) return;
    this.seen.add(name);
    this.names.push({ range: name.range, content: name.content, value: name.value, kind, ...(variable !== undefined && { variable }), ...(load !== undefined && { load }) });
  }

  private shape(value: Expr, input: string | undefined, { variable, load }: HeldModel, at: number): void {
    const found = feedShapes(value, this.program.scope, at);
    if (found) this.shapes.push({ ...found, ...(input !== undefined && { input }), ...(variable !== undefined && { variable }), ...(load !== undefined && { load }) });
  }
}

/** Whether an expression gives values by name. */
function isFeed(expr: Expr | undefined): boolean {
  return expr !== undefined && entries(expr).length > 0;
}

function entries(expr: Expr): readonly { readonly key: Expr; readonly value?: Expr }[] {
  if (expr.kind === 'dict') return expr.entries;
  if (expr.kind === 'call' && /(?:^|\.)(?:Map\.of|singletonMap)$/.test(calleeText(expr.callee))) return expr.args.flatMap(({ value }, at) => at % 2 === 0 ? [{ key: value, value: expr.args[at + 1]?.value }] : []);
  const items = expr.kind === 'index' && /(?:^|\.)inputs$/.test(calleeText(expr.object)) ? expr.indices : expr.kind === 'list' ? expr.items : [];
  return items.flatMap((item) => item.kind === 'binary' && item.operator === '=>' ? [{ key: item.left, value: item.right }] : []);
}

/** What a chain of calls begins with: `model` of `model.get_layer("encoder").get_layer("conv")`. */
function rootOf(expr: Expr): Expr {
  let root = expr;
  for (let steps = 0; steps < 50 && root.kind === 'call'; steps++) {
    const { method, receiver } = methodOf(root.callee);
    if (!receiver || !Object.hasOwn(named, method)) break;
    root = receiver;
  }
  return root;
}
