/**
 * What operators and layers do, in a sentence of our own each, with the operator's own words for its inputs and outputs
 * and the defaults of its attributes (onnx.ai/onnx/operators, ONNX Runtime's ContribOperators.md, keras.io/api/layers).
 *
 * A row is `name | inputs | outputs | attributes | sentence`. 'B?' may be left out, 'inputs…' stands for any number. An
 * attribute with a default is 'axis=-1'; 'antialias=0@18' has it since opset 18, 'axis=-1@13:1' had another one before.
 */
import type { Node } from '../graph';
import { arithmetic } from './arithmetic';
import { attributePhrases } from './attributes';
import { contrib } from './contrib';
import { control } from './control';
import { kerasLayers, kerasSettings } from './keras';
import { layers } from './layers';
import { ml } from './ml';
import { tensors } from './tensors';

export interface OperatorDocumentation {
  readonly sentence: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeDefault | undefined>;
}

export interface AttributeDefault {
  readonly value: string;
  /** Opset that brought it; absent: it was there from the first version. */
  readonly since?: number;
  /** The default before that, where there was one. */
  readonly before?: string;
}

const sources: Readonly<Record<string, readonly string[]>> = {
  '': [arithmetic, layers, tensors, control], 'ai.onnx.ml': [ml], 'com.microsoft': [contrib],
};
const tables = new Map<string, ReadonlyMap<string, OperatorDocumentation>>();

/** Undefined for operators that are not known here. */
export function documentationOf({ opType, domain }: Pick<Node, 'opType' | 'domain'>): OperatorDocumentation | undefined {
  if (internalDomains.has(domain)) return tableOf('').get(opType) ?? tableOf('com.microsoft').get(opType);
  return tableOf(domain).get(opType) ?? (domain === '' && internal.has(opType) ? tableOf('com.microsoft').get(opType) : undefined);
}

/** Operators that ONNX Runtime's optimiser writes for its own layouts: they mean what those of ONNX do. */
const internalDomains = new Set(['com.microsoft.nchwc', 'com.ms.internal.nhwc']);

/** ONNX Runtime's own operators that its optimiser writes into the main domain. */
const internal = new Set(['SimplifiedLayerNormalization', 'FusedConv', 'FusedGemm', 'FastGelu', 'BiasGelu']);

/** Names of all documented operators of a domain. */
export function documentedOperators(domain: string): readonly string[] {
  return [...tableOf(domain).keys()];
}

function tableOf(domain: string): ReadonlyMap<string, OperatorDocumentation> {
  let table = tables.get(domain);
  if (!table) {
    table = new Map((Object.hasOwn(sources, domain) ? sources[domain]! : []).flatMap((text) => rows(text).map(([name = '', inputs = '', outputs = '', attributes = '', sentence = '']) => [name, {
      sentence, inputs: words(inputs, ','), outputs: words(outputs, ','), attributes: new Map(words(attributes, ' ').map(readAttribute)),
    }] as const)));
    tables.set(domain, table);
  }
  return table;
}

function rows(text: string): string[][] {
  return text.trim().split('\n').map((line) => line.split(' |').map((part) => part.trim()));
}

function words(text: string, separator: string): string[] {
  return text.split(separator).map((word) => word.trim()).filter((word) => word !== '');
}

function readAttribute(word: string): [string, AttributeDefault | undefined] {
  const parts = /^([^=]+)=([^@]*)(?:@(\d+)(?::(.*))?)?$/.exec(word);
  if (!parts) return [word, undefined];
  const [, name, value, since, before] = parts as unknown as [string, string, string, string | undefined, string | undefined];
  return [name, { value, ...(since !== undefined && { since: Number(since) }), ...(before !== undefined && { before }) }];
}

/** The default that holds at an opset; undefined where there is none. */
export function defaultAt({ value, since, before }: AttributeDefault, opset: number): string | undefined {
  return since === undefined || opset >= since ? value : before;
}

/** The operator's word for input or output `index`: 'X', 'inputs 3'; 'input 2' where it has none. */
export function roleOf(names: readonly string[] | undefined, index: number, kind: 'input' | 'output'): string {
  const last = names?.length ? names.length - 1 : -1;
  const name = names?.[Math.min(index, last)];
  if (name === undefined) return `${kind} ${index + 1}`;
  if (name.endsWith('…')) return `${name.slice(0, -1)} ${index - last + 1}`;
  return index > last ? `${kind} ${index + 1}` : name.replace(/\?$/, '');
}

const phrases = new Map<string, string>();

/** What an attribute means, in a phrase; undefined for unusual ones. */
export function attributePhrase(opType: string, name: string): string | undefined {
  if (phrases.size === 0) for (const [key = '', phrase = ''] of rows(attributePhrases)) phrases.set(key, phrase);
  return phrases.get(`${opType}.${name}`) ?? phrases.get(name);
}

const keras = new Map<string, string>();
const settings = new Map<string, { readonly phrase: string; readonly preset?: string }>();

/** What a Keras layer does; undefined for classes of others. */
export function kerasSentence(type: string): string | undefined {
  if (keras.size === 0) for (const [name = '', sentence = ''] of rows(kerasLayers)) keras.set(name, sentence);
  return keras.get(type);
}

/** What a setting of a Keras layer means, and its default as JSON where all layers share it. */
export function kerasSetting(name: string): { readonly phrase: string; readonly preset?: string } | undefined {
  if (settings.size === 0) for (const [key = '', phrase = '', preset] of rows(kerasSettings)) settings.set(key, { phrase, ...(preset !== undefined && { preset }) });
  return settings.get(name);
}
