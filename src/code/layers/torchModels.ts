/** PyTorch's containers, parameters and helpers. */
import { apply, inputShape } from './apply';
import type { CallExpr } from './calls';
import { setField } from './expressions';
import { append, makeChain, makeLayer } from './make';
import type { Machine } from './machine';
import { parameterTensor } from './kerasModels';
import type { Shape } from './shape';
import { Sym } from './symbolic';
import { torchRule } from './torch';
import { bind, type Given } from './tensorFunctions';
import { none, opaque, tensor, tuple, type ChainValue, type GraphValue, type InstanceValue, type LayerValue, type Value } from './values';

export function torchCall(m: Machine, path: string, given: Given, expr: CallExpr): Value | undefined {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const [first, second] = given.values;
  if (name === 'summary' && first) return summarised(m, path, given);
  if (path === 'torch.onnx.export' || path === 'torch.jit.trace' || path === 'torch.export.export') {
    if (first && second) apply(m, first, second.t === 'tuple' ? second.items : [second]);
    return first ?? none;
  }
  if (path === 'torch.compile' || path === 'torch.jit.script' || /^torch\.nn\.(?:DataParallel|utils\.(?:weight_norm|spectral_norm|parametrizations\.\w+))$/.test(path) || path === 'torch.nn.parallel.DistributedDataParallel') return first;
  if (!/^torch\.nn\.\w+$/.test(path)) return undefined;
  switch (name) {
    case 'Sequential': {
      if (given.values.length === 1 && first?.t === 'dict') {
        const chain = makeChain(m, 'pytorch', 'nn.Sequential', true, [...first.entries.values()], expr);
        if (first.open) chain.uncertain = 'Its layers are not all known here.';
        return chain;
      }
      const chain = makeChain(m, 'pytorch', 'nn.Sequential', true, given.values, expr);
      if (given.open || given.values.some((value) => (value.t === 'list' || value.t === 'tuple') && value.uncertain)) chain.uncertain = 'Its list of layers is not known here.';
      return chain;
    }
    case 'ModuleList': {
      const items = first ? m.items(first) : [];
      const chain = makeChain(m, 'pytorch', 'nn.ModuleList', false, items ?? [], expr);
      if (!items) chain.uncertain = 'Its list of modules is not known here.';
      return chain;
    }
    case 'ModuleDict': {
      if (first?.t === 'dict') first.entries.forEach((value) => m.owned.add(value));
      return { t: 'dict', entries: first?.t === 'dict' ? new Map(first.entries) : new Map(), open: first !== undefined && first.t !== 'dict', registered: true };
    }
    case 'Parameter': return parameterTensor(first?.t === 'tensor' ? first.shape : undefined);
    default: {
      const found = torchRule(name);
      return found && makeLayer(m, 'pytorch', found.name, found.rule, given, expr);
    }
  }
}

/** torchsummary states a shape without a batch, torchinfo with one. */
function summarised(m: Machine, path: string, given: Given): Value {
  const [model] = given.values;
  const config = bind(['model', 'input_size'], given);
  const data = config.values.get('input_data');
  if (data) {
    apply(m, model!, [data]);
    return none;
  }
  const size = config.values.get('input_size');
  if (!size || (size.t !== 'tuple' && size.t !== 'list')) return none;
  const several = size.items.some(({ t }) => t === 'tuple' || t === 'list') ? size.items : [size];
  apply(m, model!, several.map((one) => tensor(stated(one, path.startsWith('torchinfo')))));
  return none;
}

function stated(size: Value, batched: boolean): Shape | undefined {
  const shape = inputShape(size, true);
  return !shape || (batched && shape.dims.length !== 3) ? shape : batched ? shape : { dims: [Sym.symbol('N'), ...shape.dims] };
}

/** Methods of modules. undefined: none that is known here. */
export function torchModelMethod(m: Machine, object: LayerValue | ChainValue | GraphValue | InstanceValue, name: string, given: Given): Value | undefined {
  const [first, second] = given.values;
  switch (name) {
    case 'append': if (object.t === 'chain' && first) append(m, object, first); return object;
    case 'extend': {
      const more = first && m.items(first);
      if (object.t === 'chain') {
        if (more) more.forEach((item) => append(m, object, item));
        else object.uncertain = 'Its list of modules is not known here.';
      }
      return object;
    }
    case 'insert': if (object.t === 'chain') object.uncertain = 'A module is put in between.'; return none;
    case 'add_module': case 'register_module':
      if (object.t === 'chain' && second) append(m, object, second);
      if (object.t === 'instance' && first?.t === 'string' && second) setField(m, object, first.value, second);
      return none;
    case 'register_buffer': if (object.t === 'instance' && first?.t === 'string') setField(m, object, first.value, second ?? opaque()); return none;
    case 'register_parameter': if (object.t === 'instance' && first?.t === 'string') setField(m, object, first.value, second ?? opaque()); return none;
    case 'children': case 'modules': return object.t === 'chain' && name === 'children' && !object.uncertain ? tuple([...object.items]) : opaque();
    case 'apply': return object;
    default: return undefined;
  }
}
