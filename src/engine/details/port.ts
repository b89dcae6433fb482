/** Details of an input or output of a graph. */
import { resolvePreprocessing } from '../../data/preprocessing';
import { describeSpec } from '../../data/knowledge';
import type { Resolved } from '../../data/spec';
import { readInitializer } from '../../formats/readTensor';
import { shortText } from '../../graph/attributeText';
import { definitionOf, type Located } from '../../graph/locate';
import type { LayerDetails, ValueDetails } from '../../protocol/details';
import type { OpenedModel } from '../models';
import { layerLinks, plain } from './layerLinks';
import { inputDetails, outputDetails, typeDetails } from './operator';

const shownLabels = 8;

export async function portDetails(opened: OpenedModel, { kind, name, scope }: Located & { kind: 'input' | 'output' }): Promise<LayerDetails> {
  const inner = scope.prefix !== '';
  const documentation = inner
    ? kind === 'input' ? (scope.graph.inputs.some((input) => input.name === name) ? 'A value that goes into this inner graph.' : 'A value that this inner graph takes from the graph around it.') : 'A value that comes out of this inner graph.'
    : kind === 'input' ? 'What the model is fed with.' : 'What the model gives out.';
  const taken = kind === 'input' && scope.outer && !scope.graph.inputs.some((input) => input.name === name) ? [inputDetails(scope.outer, name, 'from outside')] : [];
  const value = valueOf(opened, { kind, name, scope });
  return {
    key: `${scope.prefix}${kind}:${name}`, name, type: kind === 'input' ? 'Input' : 'Output', family: 'port', domain: '', documentation,
    attributes: inner ? [] : await knowledge(opened, kind, name),
    inputs: kind === 'output' ? [value] : taken, outputs: kind === 'input' ? [value] : [],
    tensors: [], parameters: 0, macs: null, activationBytes: null, operators: [],
  };
}

function valueOf({ file }: OpenedModel, { kind, name, scope }: Located & { kind: 'input' | 'output' }): ValueDetails {
  if (file.layers && scope.prefix === '') {
    const links = layerLinks(file), maker = links.makerOf(name, file.layers.length);
    const nodes = kind === 'input' ? links.readersOf(name, -1).map(plain) : maker ? [plain(maker)] : [];
    return { name, role: 'value', ...typeDetails(scope.types.get(name)), nodes };
  }
  if (kind === 'output') return inputDetails(scope, name, 'value');
  const own = scope.graph.inputs.some((input) => input.name === name);
  return own || !scope.outer ? outputDetails(scope, name, 'value') : { ...outputDetails(scope, name, 'value'), ...typeDetails(definitionOf(scope.outer, name)?.scope.types.get(name)) };
}

/** What is known about how the port is fed or read, and who says so. */
async function knowledge(opened: OpenedModel, kind: 'input' | 'output', name: string): Promise<LayerDetails['attributes']> {
  let resolved: Resolved;
  try {
    resolved = await resolvePreprocessing(opened.runnable, { types: opened.inference.types, read: readInitializer });
  } catch (error) {
    // A wrong file beside the model is no reason not to show its port.
    return [{ name: 'preprocessing', value: `unknown: ${shortText(error instanceof Error ? error.message : String(error))}` }];
  }
  if (kind === 'input') {
    const input = resolved.inputs.find((each) => each.name === name);
    if (!input) return [];
    return [
      { name: 'kind', value: input.spec.kind, documentation: 'what it is fed from' },
      { name: 'preprocessing', value: describeSpec(input.spec), documentation: 'how files become this tensor' },
      { name: 'known from', value: input.note.source, documentation: input.note.assumed ? 'parts of it are assumed: nobody stated them' : 'who states it' },
      ...input.note.assumptions.map((text) => ({ name: 'assumed', value: text })),
    ];
  }
  const output = resolved.outputs.find((each) => each.name === name);
  return [
    ...(output?.kind === undefined ? [] : [{ name: 'kind', value: output.kind, documentation: 'what its numbers are' }]),
    ...(output?.labels === undefined ? [] : [{ name: 'classes', value: `${shortText(output.labels.names.slice(0, shownLabels).join(', '))}${output.labels.names.length > shownLabels ? `, … (${output.labels.names.length} in all)` : ''}`, documentation: output.labels.source }]),
  ];
}
