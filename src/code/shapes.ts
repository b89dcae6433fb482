/** Shapes of arrays that a program writes out: `np.zeros((1, 3, 224, 224))`, `x.reshape(1, -1)`, `new ort.Tensor('float32', data, [1, 3])`. */
import { argumentOf, calleeText, methodOf, type Expr } from './expression';
import type { Scope } from './scope';
import type { ShapeUse } from './types';

type CallExpr = Extract<Expr, { kind: 'call' }>;

const fillers = /^(?:zeros|ones|empty|full|randomNormal|randomUniform|truncatedNormal|randomStandardNormal|fill)$/;
const samplers = /^(?:rand|randn)$/;
const sized = /^(?:random|normal|uniform|randint|standard_normal|random_sample|choice|integers|truncated_normal)$/;
/** Methods of an array whose result has its shape. */
const keeping = /^(?:astype|copy|numpy|float|half|double|cuda|cpu|to|cast|toFloat|toInt|detach|clone|contiguous|clip|round|fill_|requires_grad_|tolist|view_as)$/;
/** Functions whose result has the shape of their first argument. */
const converters = /(?:^|\.)(?:asarray|array|ascontiguousarray|float32|float16|float64|constant|convert_to_tensor|from_numpy|as_tensor|abs|cast|OrtValue\.ortvalue_from_numpy)$/;
/** Array libraries and what they are called; a receiver that is no array. */
const libraries = /^(?:np|numpy|torch|tf|tfc|jnp|ort|cp|mx|keras|K|ops|tensorflow)(?:\.|$)/;

/** The literal shape of what is fed; undefined where the source does not say it. `range` is that of the numbers. */
export function feedShapes(value: Expr, scope: Scope, at: number): Pick<ShapeUse, 'range' | 'dims'> | undefined {
  let expr = scope.resolve(value, at);
  for (let steps = 0; steps < 20 && expr.kind === 'call'; steps++) {
    const found = shapeOfCall(expr, scope, at);
    if (found) return found;
    const { method, receiver } = methodOf(expr.callee);
    const library = receiver?.kind === 'name' && libraries.test(receiver.name);
    const next = converters.test(calleeText(expr.callee)) ? argumentOf(expr, 0) : receiver && !library && keeping.test(method) ? receiver : undefined;
    if (!next) return undefined;
    expr = scope.resolve(next, at);
  }
  return undefined;
}

function shapeOfCall(call: CallExpr, scope: Scope, at: number): Pick<ShapeUse, 'range' | 'dims'> | undefined {
  const { method, receiver } = methodOf(call.callee);
  const library = receiver?.kind === 'name' && libraries.test(receiver.name);
  const shape = (expr: Expr | undefined): Pick<ShapeUse, 'range' | 'dims'> | undefined => expr && dimsIn(expr, scope, at);
  const spread = (): Pick<ShapeUse, 'range' | 'dims'> | undefined => {
    const values = call.args.filter(({ name }) => name === undefined).map((argument) => argument.value);
    if (values.length === 1) return shape(values[0]);
    if (!values.length) return undefined;
    return shape({ kind: 'list', range: { start: values[0]!.range.start, end: values.at(-1)!.range.end }, items: values });
  };
  if (library && fillers.test(method)) {
    const given = argumentOf(call, -1, 'shape', 'size');
    // torch.zeros(1, 3, 224, 224); numpy's second argument is a type.
    return shape(given ?? (/^torch/.test((receiver as { name: string }).name) && method !== 'full' ? undefined : argumentOf(call, 0))) ?? (given ? undefined : spread());
  }
  if (receiver?.kind === 'name' && samplers.test(method) && libraries.test(receiver.name)) return spread();
  if (receiver?.kind === 'name' && sized.test(method) && /(?:^|\.)random(?:\.|$)|rng|generator/i.test(receiver.name)) {
    return shape(argumentOf(call, -1, 'size', 'shape') ?? (/^(?:random|random_sample|standard_normal|normal|truncated_normal)$/.test(method) && !isRange(call, scope, at) ? argumentOf(call, 0) : undefined));
  }
  if (method === 'reshape') return library ? shape(argumentOf(call, 1, 'newshape', 'shape')) : spread();
  if (method === 'view' && receiver && !library) return spread();
  if (library && /^tensor[1-6]d$|^tensor$/.test(method) && /^tf/.test((receiver as { name: string }).name)) return shape(argumentOf(call, 1));
  if (/(?:^|\.)(?:Tensor|DenseTensor)$/.test(calleeText(call.callee))) return shape(call.args.findLast((argument) => scope.resolve(argument.value, at).kind === 'list')?.value);
  return undefined;
}

/** numpy's `random.normal(0, 1, size)` begins with numbers, not with a shape. */
function isRange(call: CallExpr, scope: Scope, at: number): boolean {
  const first = argumentOf(call, 0);
  return first === undefined || scope.resolve(first, at).kind === 'number';
}

/** A list of numbers; −1 for what is not known. */
function dimsIn(expr: Expr, scope: Scope, at: number): Pick<ShapeUse, 'range' | 'dims'> | undefined {
  const list = scope.resolve(expr, at);
  if (list.kind === 'number') return undefined;
  if (list.kind !== 'list' || list.items.length === 0 || list.items.length > 32) return undefined;
  const dims = list.items.map((item) => {
    const value = scope.resolve(item, at);
    return value.kind === 'number' && Number.isInteger(value.value) && value.value >= 0 ? value.value : -1;
  });
  // *shape, a[0]: how many there are is unknown.
  if (list.items.some((item) => item.kind === 'block')) return undefined;
  return { range: list.range, dims };
}
