/** Calls: of the program's own functions and classes, of layers and models, of what the libraries have. */
import { member } from './access';
import { apply, tensorsOf } from './apply';
import { builtin, collectionMethod } from './builtins';
import { canonical } from './libraries';
import { kerasCall, kerasModelMethod } from './kerasModels';
import type { Machine } from './machine';
import type { Expr } from './program';
import { tensorFunction, quiet, type Given } from './tensorFunctions';
import { tfjsCall } from './tfjs';
import { torchCall, torchModelMethod } from './torchModels';
import { baseField, none, opaque, tensor, type ClassValue, type Framework, type InstanceValue, type OpaqueValue, type Scope, type Site, type TensorValue, type Value } from './values';
import { int } from './shape';
import type { firstShape} from './sites';
import { tensorsIn } from './sites';

export type CallExpr = Expr & { kind: 'call' };

export function call(m: Machine, expr: CallExpr, scope: Scope): Value {
  const parent = parentCall(m, expr, scope);
  if (parent) return parent.value;
  const callee = m.evaluate(expr.callee, scope);
  const given = args(m, expr, scope);
  switch (callee.t) {
    case 'library': return libraryCall(m, canonical(callee.path), given, expr);
    case 'method': return methodCall(m, callee.object, callee.name, given, expr);
    case 'function': return m.invoke(callee, given.values, given.named, given.open);
    case 'class': return instantiate(m, callee, given, expr);
    case 'layer': case 'chain': case 'graph': case 'instance': return apply(m, callee, given.values, siteOf(m, callee, expr), given.named);
    case 'opaque': return unknownCall(m, callee, given, expr);
    default: return opaque();
  }
}

/** Of something defined elsewhere. On tensors, it may have parameters; with a class's name, it may make a model. */
function unknownCall(m: Machine, callee: OpaqueValue, given: Given, expr: CallExpr): Value {
  const why = callee.why ?? (callee.name ? `What ${callee.name.slice(0, 60)} gives is not known here.` : undefined);
  // What is kept in a model and called is a part of it, whatever it is called with.
  const kept = callee.isModel || (expr.callee.kind === 'attribute' && expr.callee.object.kind === 'name' && /^(?:self|this)$/.test(expr.callee.object.name));
  const tensors = kept ? tensorsOf(m, given.values) : given.values.flatMap((value) => tensorsIn(value));
  if (tensors.length) {
    callee.isModel = true;
    return tensor(undefined, tensors, [{ why }], why);
  }
  const name = expr.callee.kind === 'attribute' ? expr.callee.name : expr.callee.kind === 'name' ? expr.callee.name : '';
  return { ...opaque(undefined, why), isModel: makesModel(name) };
}

const makesModel = (name: string): boolean => /^[A-Z]|pretrained|create_model|^resnet|^vgg|^load/.test(name) && !/Loss$|^(?:Adam|SGD|RMSprop|AdamW)|Accuracy|Tokenizer|Config|Path$|Scheduler|LR$|DataLoader|Dataset/.test(name);

function args(m: Machine, expr: CallExpr, scope: Scope): Given {
  const values: Value[] = [];
  const named = new Map<string, Value>();
  let open = false;
  for (const { name, spread, value } of expr.args) {
    const found = m.evaluate(value, scope);
    if (spread === 'list') {
      const items = m.items(found);
      if (items) values.push(...items);
      else open = true;
    } else if (spread === 'dict') {
      if (found.t === 'dict') found.entries.forEach((item, key) => named.set(key, item));
      open ||= found.t !== 'dict' || found.open === true;
    } else if (name !== undefined) {
      named.set(name, found);
    } else {
      values.push(found);
    }
  }
  return { values, named, open };
}

/** `super().__init__(…)`, `super(Net, self).forward(x)`, JavaScript's `super(…)`. */
function parentCall(m: Machine, expr: CallExpr, scope: Scope): { value: Value } | undefined {
  const { callee } = expr;
  const direct = callee.kind === 'name' && callee.name === 'super' && m.script;
  const object = callee.kind === 'attribute' ? callee.object : undefined;
  const method = object && ((object.kind === 'call' && object.callee.kind === 'name' && object.callee.name === 'super') || (m.script && object.kind === 'name' && object.name === 'super'));
  if (!direct && !method) return undefined;
  let at: Scope | undefined = scope;
  while (at && !at.owner) at = at.parent;
  const given = args(m, expr, scope);
  const name = callee.kind === 'attribute' ? callee.name : '__init__';
  for (const base of at?.owner?.bases ?? []) {
    const found = base.t === 'class' ? member(base, name) : undefined;
    if (found?.t === 'function' && at?.self) return { value: m.invoke({ ...found, self: at.self }, given.values, given.named, given.open) };
  }
  const { self } = at ?? {};
  if (self?.t === 'instance') {
    // A class that is a layer, or a row of layers, by its base.
    for (const base of name === '__init__' ? at!.owner!.bases : []) {
      const made = base.t === 'library' ? libraryCall(m, canonical(base.path), given, expr) : undefined;
      if (made?.t === 'layer' || made?.t === 'chain' || made?.t === 'graph') {
        self.fields.set(baseField, made);
        m.owned.add(made);
      }
    }
    const kept = name === 'forward' || name === 'call' ? self.fields.get(baseField) : undefined;
    if (kept) return { value: apply(m, kept, given.values, undefined, given.named) };
  }
  return { value: name === '__init__' || name === 'build' ? none : opaque() };
}

/** The line for a use of something made elsewhere; a layer used where it is made has one line for both. */
export function siteOf(m: Machine, callee: Value, expr: CallExpr, object: Expr = expr.callee): Site | undefined {
  const made = callee.t === 'layer' || callee.t === 'chain' || callee.t === 'graph' || callee.t === 'instance' ? callee.site : undefined;
  if (made && object.kind === 'call' && made.name.start === object.callee.start && made.name.end === object.callee.end) {
    made.call = { start: expr.start, end: expr.end };
    return undefined;
  }
  const framework: Framework | undefined = callee.t === 'layer' || callee.t === 'chain' || callee.t === 'graph' ? callee.framework : callee.t === 'instance' ? callee.framework : undefined;
  if (!framework) return undefined;
  const type = callee.t === 'layer' ? callee.type : callee.t === 'instance' ? callee.of.code.name : made?.type ?? 'Model';
  return m.sites.at(expr, expr.callee, framework, type);
}

/** Which library's model a class is, by its bases. */
export function frameworkOf(of: ClassValue, depth = 0): Framework | undefined {
  for (const base of of.bases) {
    if (base.t === 'class' && depth < 8) {
      const found = frameworkOf(base, depth + 1);
      if (found) return found;
    }
    if (base.t !== 'library') continue;
    const path = canonical(base.path);
    if (/^keras\.(?:Model|layers\.\w+|Sequential)$/.test(path)) return 'keras';
    if (/^torch\.nn\.\w+$/.test(path)) return 'pytorch';
  }
  return of.bases.some((base) => base.t === 'opaque' && /(?:^|\.)(?:LightningModule|Module)$/.test(base.name ?? '')) ? 'pytorch' : undefined;
}

export function instantiate(m: Machine, of: ClassValue, given: Given | undefined, expr?: CallExpr): InstanceValue {
  const framework = frameworkOf(of);
  const site = framework && expr ? m.sites.at(expr, expr.callee, framework, of.code.name) : undefined;
  const instance: InstanceValue = { t: 'instance', of, fields: new Map(), framework, site, birth: m.birth() };
  m.instances.push(instance);
  const init = member(of, '__init__');
  if (init?.t === 'function') {
    if (given) m.invoke({ ...init, self: instance }, given.values, given.named, given.open);
    else m.invokeAlone({ ...init, self: instance });
  } else {
    // A dataclass: its fields in order, or by name.
    given?.named.forEach((value, name) => instance.fields.set(name, value));
    [...of.members.keys()].filter((name) => of.members.get(name)!.t !== 'function').forEach((name, i) => given?.values[i] && instance.fields.set(name, given.values[i]));
  }
  return instance;
}

function libraryCall(m: Machine, path: string, given: Given, expr: CallExpr): Value {
  const found = path.startsWith('builtins.') || path.startsWith('script.') ? builtin(m, path.slice(path.indexOf('.') + 1), given, expr)
    : path.startsWith('tfjs.') ? tfjsCall(m, path.slice(5), given, expr)
      : path.startsWith('keras.') ? kerasCall(m, path, given, expr)
        : path.startsWith('torch') ? torchCall(m, path, given, expr)
          : undefined;
  return found ?? functionCall(m, path, given, expr) ?? builtin(m, path, given, expr) ?? unknownLibrary(path, given);
}

function unknownLibrary(path: string, given: Given): Value {
  const why = `What ${path.slice(0, 60)} gives is not known here.`;
  const tensors = given.values.flatMap((value) => tensorsIn(value));
  // Functions have no parameters, classes and models may.
  const name = path.slice(path.lastIndexOf('.') + 1);
  if (tensors.length) return tensor(undefined, tensors, makesModel(name) ? [{ why }] : [], why);
  return { ...opaque(undefined, why), isModel: /^torchvision\.models|^torch\.hub|^keras\.(?:applications|layers)\.|^tensorflow_hub/.test(path) || (/^(?:torch\.nn|keras)\./.test(path) && makesModel(name) && !/^keras\.(?:losses|metrics|optimizers|callbacks|regularizers|initializers|constraints|utils|datasets|preprocessing|backend|Model|Sequential)/.test(path) && name !== 'Module') };
}

/** A function of a library, on tensors. */
function functionCall(m: Machine, path: string, given: Given, expr: CallExpr): Value | undefined {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const torch = path.startsWith('torch.');
  if (!torch && !/^(?:tensorflow|keras|numpy|tfjs)\./.test(path)) return undefined;
  if (path.startsWith('numpy.') && /^(?:prod|sqrt|floor|ceil|log2|log|max|min|sum|arange|int\w*|float\w*)$/.test(name)) return undefined;
  const inputs = tensorsOf(m, given.values.filter(({ t }, i) => t === 'tensor' || t === 'list' || t === 'tuple' || (t === 'opaque' && i === 0)).slice(0, /^(?:cat|concat|concatenate|stack|add|sub|mul|multiply|matmul|bmm|mm|where|einsum|maximum|minimum|subtract|max|min|scaled_dot_product_attention|linear|embedding|div)$/.test(name) ? undefined : 1));
  const found = tensorFunction(m, name, inputs, given, !torch);
  if (!found) return undefined;
  const written = expr.callee.kind === 'attribute' && expr.callee.object.kind === 'name' ? `${expr.callee.object.name}.${name}` : name;
  note(m, expr, torch ? 'pytorch' : 'keras', written, name, inputs, found);
  return found.value;
}

function note(m: Machine, expr: CallExpr, framework: Framework, type: string, name: string, inputs: readonly TensorValue[], { value, made }: { value: Value; made: { output: Parameters<typeof firstShape>[0]; note?: string } }): void {
  if (quiet.has(name) || !inputs.length || (!inputs.some(({ shape }) => shape) && !made.output)) return;
  const site = m.sites.at(expr, expr.callee, framework, type.slice(0, 60));
  site.uses.push({ inputs: inputs.map(({ shape }) => shape), output: made.output, parameters: int(0), tensor: tensorsIn(value)[0], note: made.note, assumed: inputs.some(({ assumed }) => assumed) });
}

function methodCall(m: Machine, object: Value, name: string, given: Given, expr: CallExpr): Value {
  if (object.t === 'tensor') {
    const all: Given = { ...given, values: [object, ...given.values] };
    const inputs = [object, ...tensorsOf(m, given.values.filter(({ t }) => t === 'tensor'))];
    const found = tensorFunction(m, name, inputs, all, !m.usesTorch);
    if (!found) return opaque();
    note(m, expr, m.script ? 'tfjs' : m.usesTorch ? 'pytorch' : 'keras', name, name, inputs, found);
    return found.value;
  }
  if (object.t === 'layer' || object.t === 'chain' || object.t === 'graph' || object.t === 'instance') {
    if (name === 'apply' && object.t !== 'instance' && object.framework !== 'pytorch') {
      const maker = expr.callee.kind === 'attribute' ? expr.callee.object : expr.callee;
      return apply(m, object, given.values, siteOf(m, object, expr, maker), given.named);
    }
    if (name === 'forward' || name === 'predict' || name === '__call__') return apply(m, object, given.values, siteOf(m, object, expr), given.named);
    const framework = object.framework;
    const found = framework === 'pytorch' ? torchModelMethod(m, object, name, given) : framework ? kerasModelMethod(m, object, name, given) : undefined;
    if (found) return found;
    if (/^(?:to|cuda|cpu|eval|train|half|float|double|requires_grad_|share_memory|compile)$/.test(name)) return object;
    return opaque();
  }
  return collectionMethod(m, object, name, given) ?? opaque();
}

