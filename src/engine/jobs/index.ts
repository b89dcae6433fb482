/** The engine's methods: one file a job. */
import type { EngineMethod } from '../../protocol/engine';
import type { Handlers } from '../../protocol/rpc';
import type { Engine } from '../engine';
import { keptPicture } from '../many/kept';
import { again } from './again';
import { agreement } from './agreement';
import { analyseSource } from './analyseSource';
import { checkParams } from './checkParams';
import { compare } from './compare';
import { detections } from './detections';
import { cudaStatus, installCuda } from './cuda';
import { devices } from './devices';
import { estimates } from './estimates';
import { explain } from './explain';
import { inputPicture } from './inputPicture';
import { explainMany, listPictures } from './explainMany';
import { explainPair } from './explainPair';
import { inspect } from './inspect';
import { keep, kept } from './keep';
import { keepTable } from './keepTable';
import { layerDetails } from './layerDetails';
import { layerMaps } from './layerMaps';
import { lookUp } from './lookUp';
import { listMethods } from './methods';
import { names } from './names';
import { nodePlacement } from './nodePlacement';
import { outline } from './outline';
import { picture } from './picture';
import { predict } from './predict';
import { preprocessings } from './preprocessings';
import { regions } from './regions';
import { savePreprocessing } from './savePreprocessing';
import { saveTensor } from './saveTensor';
import { predictRows } from './predictRows';
import { explainTable, openTable } from './table';
import { tableRowAt } from './tableRowAt';
import { tableQuality } from './tableQuality';
import { tableRows } from './tableRows';
import { tensorDetails } from './tensorDetails';
import { treeFile } from './treeFile';
import { trust } from './trust';
import { whatIf } from './whatIf';

/** Jobs nobody sits waiting for: the others go before what trust and agreement have still to do. */
const background = new Set<string>(['trust', 'agreement', 'explainMany']);

export function handlers(engine: Engine): Partial<Handlers> {
  const all = jobs(engine);
  type Job = (params: unknown, context: unknown) => Promise<unknown>;
  const checked = (name: string, job: Job): Job => async (params, context) => {
    checkParams(name as EngineMethod, params);
    return background.has(name) ? job(params, context) : engine.turns.first(() => job(params, context));
  };
  return Object.fromEntries(Object.entries(all).map(([name, job]) => [name, checked(name, job as Job)])) as Partial<Handlers>;
}

function jobs(engine: Engine): Partial<Handlers> {
  return {
    inspect: (params) => inspect(engine, params),
    layerDetails: (params) => layerDetails(engine, params),
    tensorDetails: (params, context) => tensorDetails(engine, params, context),
    saveTensor: (params, context) => saveTensor(engine, params, context),
    outline: (params) => outline(engine, params),
    compare: (params, context) => compare(engine, params, context),
    lookUp: (params) => lookUp(engine, params),
    names: (params) => names(engine, params),
    analyseSource: (params) => analyseSource(params),
    picture: (params) => picture(params),
    predict: (params, context) => predict(engine, params, context),
    explain: async (params, context) => (await explain(engine, params, context)).result,
    keep: (params, context) => keep(engine, params, context),
    keepTable: (params) => keepTable(params),
    kept: ({ file }) => kept(file),
    explainMany: (params, context) => explainMany(engine, params, context),
    explainPair: (params, context) => explainPair(engine, params, context),
    listPictures: (params) => listPictures(params),
    keptPicture: ({ folder, number }) => keptPicture(folder, number),
    again: async (params, context) => {
      const { explained, verdict } = await again(engine, params, context);
      return { ...explained.result, verdict };
    },
    estimates: (params, context) => estimates(engine, params, context),
    layerMaps: (params, context) => layerMaps(engine, params, context),
    preprocessings: (params, context) => preprocessings(engine, params, context),
    inputPicture: (params, context) => inputPicture(engine, params, context),
    savePreprocessing: (params) => savePreprocessing(engine, params),
    whatIf: (params, context) => whatIf(engine, params, context),
    regions: (params, context) => regions(engine, params, context),
    methods: (params, context) => listMethods(engine, params, context),
    trust: (params, context) => trust(engine, params, context),
    agreement: (params, context) => agreement(engine, params, context),
    detections: (params, context) => detections(engine, params, context),
    openTable: (params, context) => openTable(engine, params, context),
    explainTable: (params, context) => explainTable(engine, params, context),
    tableRowAt: (params, context) => tableRowAt(params, context),
    predictRows: (params, context) => predictRows(engine, params, context),
    tableRows: (params, context) => tableRows(engine, params, context),
    tableQuality: (params, context) => tableQuality(engine, params, context),
    treeFile: (params) => treeFile(params),
    cudaStatus: (params) => cudaStatus(engine.entry, params),
    installCuda: (params, context) => installCuda(engine.entry, params, context),
    devices: (params, context) => devices(engine, params, context),
    nodePlacement: (params, context) => nodePlacement(engine, params, context),
    shutdown: async () => {
      await engine.close();
      setImmediate(() => process.disconnect?.());
      return null;
    },
  };
}
