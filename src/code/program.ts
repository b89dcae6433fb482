/** A source text as expressions, and the models that its variables hold. */
import { argumentOf, calleeText, methodOf, walk, type Expr } from './expression';
import { looksLikeModel, onlyModelIn, pathOf } from './paths';
import { maximumSteps, Scope } from './scope';
import type { ModelLoad, SourceRange } from './types';

type CallExpr = Extract<Expr, { kind: 'call' }>;

interface LoadRule {
  readonly kind: string;
  /** The called function's dotted name. */
  readonly callee: RegExp;
  /** Where the path may stand, best first. */
  readonly positions: readonly number[];
  readonly keywords: readonly string[];
  /** What holds the model afterwards: what the call gives back (default), what it is called on, or its first argument. */
  readonly binds?: 'receiver' | 'first';
}

const rules: readonly LoadRule[] = [
  { kind: 'onnx', callee: /(?:^|\.)onnx\.(?:load|load_model)$/, positions: [0], keywords: ['f', 'path'] },
  { kind: 'keras', callee: /(?:^|\.)load_model$/, positions: [0], keywords: ['filepath', 'path'] },
  { kind: 'keras', callee: /(?:^|\.)(?:LoadModel|importKerasModelAndWeights|importKerasSequentialModelAndWeights)$/, positions: [0], keywords: [] },
  { kind: 'onnxruntime', callee: /(?:^|\.)InferenceSession(?:\.create)?$/, positions: [0], keywords: ['path_or_bytes', 'modelPath', 'path'] },
  { kind: 'onnxruntime', callee: /(?:^|\.)Ort\.Session$/, positions: [1], keywords: [] },
  { kind: 'onnxruntime', callee: /(?:^|\.|^\.)[cC]reateSession$/, positions: [0, 1], keywords: [] },
  { kind: 'onnxruntime', callee: /(?:^|\.)(?:commit_from_file|with_model_from_file)$/, positions: [0], keywords: [] },
  { kind: 'onnxruntime', callee: /(?:^|\.)ApplyOnnxModel$/, positions: [0, 2], keywords: ['modelFile'] },
  { kind: 'opencv', callee: /(?:^|\.)(?:readNetFrom(?:ONNX|Onnx)|ReadNetFromO(?:NNX|nnx)|dnn\.readNet)$/, positions: [0], keywords: ['onnxFile', 'model'] },
  { kind: 'openvino', callee: /(?:^|\.)(?:read_model|compile_model)$/, positions: [0], keywords: ['model'] },
  { kind: 'tract', callee: /(?:^|\.)model_for_path$/, positions: [0], keywords: [] },
  { kind: 'tfjs', callee: /(?:^|\.)load(?:Layers|Graph)Model$/, positions: [0], keywords: [] },
  { kind: 'weights', callee: /\.load_weights$/, positions: [0], keywords: ['filepath'], binds: 'receiver' },
  { kind: 'weights', callee: /\.loadWeights$/, positions: [0], keywords: [], binds: 'receiver' },
  { kind: 'export', callee: /(?:^|\.)onnx\.export$/, positions: [2], keywords: ['f'], binds: 'first' },
  { kind: 'export', callee: /(?:^|\.)convert\.from_(?:keras|function|graph_def)$/, positions: [], keywords: ['output_path'], binds: 'first' },
  { kind: 'save', callee: /(?:^|\.)(?:save_model|onnx\.save)$/, positions: [1], keywords: ['filepath', 'f'], binds: 'first' },
  { kind: 'save', callee: /\.(?:save|save_weights|export)$/, positions: [0], keywords: ['filepath'], binds: 'receiver' },
];
/** Kinds that are loads only if their path looks like a model's: their functions' names say too little. */
const needsModelPath = new Set(['weights', 'export', 'save', 'openvino', 'tract']);
/** Methods that give back the model they are called on. */
const sameModel = new Set(['eval', 'to', 'cuda', 'cpu', 'float', 'half', 'clone', 'train', 'unwrap', 'expect', 'get', 'asSession', 'requires_grad_']);

/** The model that an expression stands for. */
export interface HeldModel {
  readonly variable?: string;
  /** Position in `loads`. */
  readonly load?: number;
}

export class Program {
  readonly scope: Scope;
  readonly loads: ModelLoad[] = [];
  private readonly loadCalls = new Map<Expr, number>();
  /** Variables that hold a model because a call was made on them (`model.save(…)`), in order of the text. */
  private readonly told: { readonly name: string; readonly at: number; readonly load: number }[] = [];

  constructor(readonly root: Expr) {
    this.scope = new Scope(root);
    const variables = new Map<Expr, string>();
    walk(root, (expr) => {
      if (expr.kind === 'assign' && expr.value && expr.targets[0] !== undefined) variables.set(expr.value, expr.targets[0]);
      // A variable's value may have the load inside: `load(…).eval()`.
      const name = variables.get(expr);
      if (name !== undefined && expr.kind === 'call') for (const inner of modelInside(expr)) if (!variables.has(inner)) variables.set(inner, name);
      if (expr.kind === 'call') this.addLoad(expr, variables.get(expr));
    });
  }

  private addLoad(call: CallExpr, variable: string | undefined): void {
    const callee = calleeText(call.callee);
    const rule = rules.find((candidate) => candidate.callee.test(callee));
    if (!rule) return;
    const found = this.pathIn(call, rule);
    if (!found.argument || (needsModelPath.has(rule.kind) && !(found.path !== undefined && looksLikeModel(found.path)))) return;
    const holder = rule.binds === 'receiver' ? methodOf(call.callee).receiver : rule.binds === 'first' ? argumentOf(call, 0, 'model') : undefined;
    const name = rule.binds ? (holder?.kind === 'name' ? holder.name : undefined) : variable;
    const load = this.loads.length;
    this.loads.push({ call: call.range, kind: rule.kind, argument: found.argument, ...(found.path !== undefined && { path: found.path }), ...(name !== undefined && { variable: name }) });
    this.loadCalls.set(call, load);
    if (rule.binds && name !== undefined) this.told.push({ name, at: call.range.end, load });
  }

  private pathIn(call: CallExpr, rule: LoadRule): { readonly path?: string; readonly argument?: SourceRange } {
    const given = [argumentOf(call, -1, ...rule.keywords), ...rule.positions.map((position) => argumentOf(call, position))].filter((value) => value !== undefined);
    for (const value of given) {
      const path = pathOf(value, this.scope, call.range.start);
      if (path !== undefined && (given.length === 1 || looksLikeModel(path))) return { path: withoutScheme(path), argument: value.range };
    }
    for (const value of given) {
      const only = onlyModelIn(value);
      if (only) return { path: withoutScheme(only.value), argument: value.range };
    }
    return given[0] ? { argument: given[0].range } : {};
  }

  /** The model that a variable, a load or something made of these stands for at a place in the text. */
  modelOf(expr: Expr | undefined, at: number): HeldModel {
    let found = expr;
    let variable: string | undefined;
    for (let steps = 0; found && steps < maximumSteps; steps++) {
      const load = this.loadCalls.get(found);
      if (load !== undefined) return { load, ...(variable !== undefined && { variable }) };
      if (found.kind === 'name') {
        variable ??= found.name;
        const told = this.toldOf(found.name, at);
        const value = this.scope.valueOf(found.name, at);
        // Built in the file and saved: what stands in the file is the nearest thing to it.
        if (told !== undefined && !(value && this.loadInside(value) !== undefined)) return { variable, load: told };
        if (!value) return { variable };
        at = Math.min(at, value.range.start);
        found = value;
      } else if (found.kind === 'call') {
        const { method, receiver } = methodOf(found.callee);
        if (sameModel.has(method) && receiver) found = receiver;
        else if (found.args.length === 1 && found.args[0]!.value.kind !== 'name' && this.loadInside(found.args[0]!.value) !== undefined) found = found.args[0]!.value;
        else break;
      } else break;
    }
    return variable === undefined ? {} : { variable };
  }

  private loadInside(expr: Expr): number | undefined {
    for (const inner of modelInside(expr)) {
      const load = this.loadCalls.get(inner);
      if (load !== undefined) return load;
    }
    return undefined;
  }

  private toldOf(name: string, at: number): number | undefined {
    return (this.told.findLast((fact) => fact.name === name && fact.at <= at) ?? this.told.find((fact) => fact.name === name))?.load;
  }
}

/** The calls that may have made what a call gives back: itself, `load(…)` of `load(…).eval()` and of `unique_ptr(load(…))`. */
function modelInside(expr: Expr): Expr[] {
  const found: Expr[] = [expr];
  for (let at = expr, steps = 0; at.kind === 'call' && steps < 50; steps++) {
    const { method, receiver } = methodOf(at.callee);
    const only = at.args.length === 1 ? at.args[0]!.value : undefined;
    if (receiver?.kind === 'call' && sameModel.has(method)) at = receiver;
    else if (only?.kind === 'call' && /^(?:unique_ptr|shared_ptr|move|Some|Ok|new|optional|Mutex|Arc|Rc)$/.test(method)) at = only;
    else break;
    found.push(at);
  }
  return found;
}

/** TensorFlow.js writes files as 'file://models/model.json'. */
function withoutScheme(path: string): string {
  return path.replace(/^file:\/\/(?!\/)(?!localhost\/)/, '');
}
