/** .keras archives: config.json, metadata.json and model.weights.h5 in a zip. */
import * as path from 'node:path';
import type { Initializer, ModelFile } from '../../graph/graph';
import { BadModelFile, shown } from '../badModelFile';
import { FileSource, type ByteSource } from '../bytes';
import { field } from './config';
import { datasetInitializer, type Origin } from './hdf5/dataset';
import { Hdf5File, type Hdf5Group } from './hdf5/file';
import { kerasAge, parseConfig } from './h5Model';
import { kerasModelFile, weightsOnly } from './kerasFile';
import type { LayerWeights } from './layer';
import { customModelClass } from './modelConfig';
import { MemorySource, PartSource } from './sources';
import { NamedWeights, TreeWeights } from './weights';
import { readTree } from './weightTree';
import { dataOffset, readEntry, readZip, type ZipEntry } from './zip';

const maxConfig = 256 * 2 ** 20;
/** A compressed weights file is unpacked in memory. */
const maxWeights = 2 ** 31 - 1;

/** Opens a .keras archive. Weights are not read if they are stored uncompressed, as Keras does. */
export function openKerasZip(source: ByteSource): ModelFile {
  const { file } = source, name = shown(path.basename(file));
  const entries = readZip(source);
  const config = entries.get('config.json');
  if (!config) {
    const inside = [...entries.keys()].slice(0, 5).map(shown).join(', ');
    throw new BadModelFile(`${name} is a zip archive without "config.json", so it is no .keras model${inside ? ` (it holds ${inside})` : ''}`);
  }
  const text = (entry: ZipEntry): string => Buffer.from(readEntry(source, entry, maxConfig)).toString('utf8');
  const metadata = entries.get('metadata.json');
  const version = metadata ? field(parseConfig(text(metadata), file), 'keras_version') : undefined;
  const written = typeof version === 'string' ? version : '3';
  const json = parseConfig(text(config), file), weights = weightsOf(source, entries), custom = customModelClass(json);
  if (custom !== undefined) return weightsOnly(file, new Map([['', weights.all]]), { version: written, backend: '' }, custom);
  return kerasModelFile(file, json, weights, { version: written, backend: '', age: kerasAge(written) ?? 3 });
}

function weightsOf(source: ByteSource, entries: ReadonlyMap<string, ZipEntry>): LayerWeights {
  const entry = entries.get('model.weights.h5');
  if (!entry) return new NamedWeights([]);
  const { bytes, origin } = openEntry(source, entry);
  const hdf5 = new Hdf5File(bytes);
  const content = (group: Hdf5Group, name: string): Initializer | undefined => {
    const dataset = group.dataset(name);
    return dataset && datasetInitializer(hdf5.view, dataset, origin);
  };
  return new TreeWeights(readTree(hdf5.root, content));
}

function openEntry(source: ByteSource, entry: ZipEntry): { bytes: ByteSource; origin: Origin } {
  if (entry.method === 'stored' && !entry.encrypted) {
    const { file } = source, offset = dataOffset(source, entry), { size } = entry;
    if (size !== entry.compressedSize) throw new BadModelFile(`'${shown(entry.name)}' in ${shown(path.basename(file))} has two sizes`);
    return { bytes: new PartSource(source, offset, size), origin: { place: { file, offset }, open: () => new PartSource(new FileSource(file), offset, size) } };
  }
  const bytes = new MemorySource(source.file, readEntry(source, entry, maxWeights));
  return { bytes, origin: { open: () => bytes } };
}
