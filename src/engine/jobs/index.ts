/** The engine's methods: one file a job. */
import type { Handlers } from '../../protocol/rpc';
import type { Engine } from '../engine';
import { devices } from './devices';
import { explain } from './explain';
import { inspect } from './inspect';
import { layerDetails } from './layerDetails';
import { listMethods } from './methods';
import { picture } from './picture';
import { predict } from './predict';
import { saveTensor } from './saveTensor';
import { tensorDetails } from './tensorDetails';

export function handlers(engine: Engine): Partial<Handlers> {
  return {
    inspect: (params) => inspect(engine, params),
    layerDetails: (params) => layerDetails(engine, params),
    tensorDetails: (params, context) => tensorDetails(engine, params, context),
    saveTensor: (params, context) => saveTensor(engine, params, context),
    picture: (params) => picture(params),
    predict: (params, context) => predict(engine, params, context),
    explain: async (params, context) => (await explain(engine, params, context)).result,
    methods: (params, context) => listMethods(engine, params, context),
    devices: (_, context) => devices(engine, context),
    shutdown: async () => {
      await engine.close();
      setImmediate(() => process.disconnect?.());
      return null;
    },
  };
}
