/**
 * TensorFlow.js's model.json (io/types.ts, ModelJSON): what the file says, checked as far as everybody relies on it.
 * Topologies stay plain JSON: GraphDef is read by graphDef.ts, Keras configs by the Keras reader.
 */
import * as path from 'node:path';
import { BadModelFile, shown } from '../badModelFile';
import type { ByteSource } from '../bytes';

/** A JSON object of unknown content. */
export type Json = Readonly<Record<string, unknown>>;

export interface Quantization {
  readonly dtype: 'uint8' | 'uint16' | 'float16';
  readonly scale: number;
  readonly min: number;
}

/** One weight as the manifest declares it. */
export interface WeightEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly quantization?: Quantization;
}

/** Weights that lie one after the other in the concatenation of the files `paths`. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightEntry[];
}

export interface ModelJson {
  readonly format: 'graph-model' | 'layers-model' | 'unknown';
  readonly topology: Json | undefined;
  readonly groups: readonly WeightGroup[];
  /** Names and types of a graph-model's inputs and outputs. */
  readonly signature: Json | undefined;
  /** A second GraphDef that fills hash tables before the first run. */
  readonly initializer: Json | undefined;
  readonly producer: string;
  readonly userMetadata: Json | undefined;
  /** The whole file, as TensorFlow.js itself would read it. */
  readonly json: Json;
}

const maxJsonBytes = 128 * 1024 * 1024;
const maxRank = 32;

/** Reads and checks a model.json. Throws a BadModelFile in one sentence. */
export function readModelJson(source: ByteSource): ModelJson {
  const file = shown(path.basename(source.file));
  if (source.size > maxJsonBytes) throw new BadModelFile(`${file} is a JSON file of ${source.size} bytes; a TensorFlow.js model.json holds no weights and is read up to ${maxJsonBytes} bytes`);
  const json = parse(source, file);
  if (!('modelTopology' in json) && !('weightsManifest' in json)) {
    throw new BadModelFile(`${file} is a JSON file without "modelTopology" and "weightsManifest", so it is no TensorFlow.js model`);
  }
  const topology = isObject(json.modelTopology) ? json.modelTopology : undefined;
  const userMetadata = isObject(json.userDefinedMetadata) ? json.userDefinedMetadata : undefined;
  const signature = isObject(json.signature) ? json.signature : isObject(userMetadata?.signature) ? userMetadata.signature : undefined;
  return {
    format: formatOf(json.format, topology), topology, signature, userMetadata, json,
    groups: groupsOf(json.weightsManifest, file),
    initializer: isObject(json.modelInitializer) ? json.modelInitializer : undefined,
    producer: [json.generatedBy, json.convertedBy].filter((text) => typeof text === 'string' && text !== '').join('; '),
  };
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function parse(source: ByteSource, file: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(source.text(0, source.size).replace(/^\ufeff/, ''));
  } catch (error) {
    if (error instanceof BadModelFile) throw error;
    throw new BadModelFile(`${file} is not valid JSON (${shown((error as Error).message)})`);
  }
  if (!isObject(value)) throw new BadModelFile(`${file} holds a JSON ${Array.isArray(value) ? 'list' : 'value'}, where the object of a TensorFlow.js model was expected`);
  return value;
}

/** The topology decides where `format` is missing (before TensorFlow.js 1.0) or says something else. */
function formatOf(format: unknown, topology: Json | undefined): ModelJson['format'] {
  if (topology && Array.isArray(topology.node)) return 'graph-model';
  if (topology && ('model_config' in topology || 'class_name' in topology)) return 'layers-model';
  return format === 'graph-model' || format === 'layers-model' ? format : 'unknown';
}

function groupsOf(manifest: unknown, file: string): WeightGroup[] {
  if (manifest === undefined || manifest === null) return [];
  if (!Array.isArray(manifest)) throw new BadModelFile(`${file}: "weightsManifest" is not a list of weight groups`);
  return manifest.map((group: unknown, index) => {
    if (!isObject(group) || !Array.isArray(group.weights) || !Array.isArray(group.paths) || !group.paths.every((item) => typeof item === 'string')) {
      throw new BadModelFile(`${file}: weight group ${index} has no lists "paths" and "weights"`);
    }
    return { paths: group.paths as string[], weights: group.weights.map((weight) => entryOf(weight, file)) };
  });
}

function entryOf(value: unknown, file: string): WeightEntry {
  if (!isObject(value) || typeof value.name !== 'string' || typeof value.dtype !== 'string') throw new BadModelFile(`${file}: a weight has no "name" or no "dtype"`);
  const { name, dtype, shape, quantization } = value;
  if (!Array.isArray(shape) || shape.length > maxRank || !shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0) || !Number.isSafeInteger(shape.reduce((a: number, b: number) => a * b, 1))) {
    throw new BadModelFile(`${file}: the shape of weight '${shown(name)}' is not a list of sizes`);
  }
  return { name, dtype, shape: shape as number[], quantization: quantizationOf(quantization, name, file) };
}

function quantizationOf(value: unknown, name: string, file: string): Quantization | undefined {
  if (!isObject(value)) return undefined;
  const { dtype, scale = 1, min = 0 } = value;
  if ((dtype !== 'uint8' && dtype !== 'uint16' && dtype !== 'float16') || typeof scale !== 'number' || typeof min !== 'number') {
    throw new BadModelFile(`${file}: the quantisation of weight '${shown(name)}' is of an unknown kind (${shown(String(dtype))}); uint8, uint16 and float16 are known`);
  }
  return { dtype, scale, min };
}
