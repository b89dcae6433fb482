/** Details of a layer as its own framework declares it. */
import { kerasSentence } from '../../graph/documentation';
import type { Located } from '../../graph/locate';
import type { LayerDetails, NodeReference, ValueDetails } from '../../protocol/details';
import type { OpenedModel } from '../models';
import { drawnNodes } from './architecture';
import { layerLinks, plain } from './layerLinks';
import { typeDetails } from './operator';
import { settingsOf } from './settings';
import { storedTensor } from './stored';

export function declaredDetails(opened: OpenedModel, { layer, index }: Located & { kind: 'layer' }): LayerDetails {
  const key = `layer:${index}`, { file, inference } = opened;
  const drawn = drawnNodes(opened).get(key);
  const links = layerLinks(file), place = layer.type === 'InputLayer' ? -1 : index;
  const documentation = kerasSentence(layer.type);
  const value = (name: string, role: string, dims: ValueDetails['dims'] | undefined, nodes: readonly NodeReference[]): ValueDetails => ({ name, role, dtype: typeDetails(inference.types.get(name)).dtype, dims: dims ?? null, nodes });
  const numbered = (word: string, position: number, count: number): string => (count > 1 ? `${word} ${position + 1}` : word);
  const operators = new Map(file.graph.nodes.map((node) => [node.name, node]));
  return {
    key, name: layer.name, type: layer.type, family: drawn?.family ?? 'other', domain: file.format, ...(documentation !== undefined && { documentation }),
    attributes: settingsOf(layer),
    inputs: layer.inputs.map((name, at) => value(name, numbered('input', at, layer.inputs.length), layer.inputDims[at], [links.makerOf(name, place)].flatMap((maker) => (maker ? [plain(maker)] : [])))),
    outputs: layer.outputs.map((name, at) => value(name, numbered('output', at, layer.outputs.length), layer.outputDims[at], links.readersOf(name, place).map(plain))),
    tensors: (layer.weights ?? []).map(({ name, init }, at) => storedTensor({ id: `${key}/weight:${at}`, name, role: lastName(name), init }, file.file)),
    parameters: layer.parameters, macs: drawn?.macs ?? null, activationBytes: drawn?.activationBytes ?? null,
    operators: layer.nodes.flatMap((name) => {
      const node = operators.get(name);
      return node ? [{ name, type: node.opType }] : [];
    }),
  };
}

/** 'lstm/lstm_cell/kernel' → 'kernel'. */
function lastName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
