import { locate } from '../../graph/locate';
import type { DetailsRequests, LayerDetails } from '../../protocol/details';
import { watched } from '../../protocol/parseWatch';
import { LensError } from '../../protocol/rpc';
import { declaredDetails } from '../details/declared';
import { operatorDetails } from '../details/operator';
import { portDetails } from '../details/port';
import type { Engine } from '../engine';

/** What is known about one node of the architecture, by its key. Reads structure, never weights. */
export async function layerDetails(engine: Pick<Engine, 'models'>, { file, key }: DetailsRequests['layerDetails']['params']): Promise<LayerDetails> {
  const opened = await engine.models.open(file);
  const found = locate(opened.file, opened.inference, key);
  if (!found) throw new LensError('notFound', `the model has no '${key}'`, 'the file may have changed: open it again');
  return watched(opened.file.file, opened.bytes, () => {
    switch (found.kind) {
      case 'node': return Promise.resolve(operatorDetails(opened, found));
      case 'layer': return Promise.resolve(declaredDetails(opened, found));
      default: return portDetails(opened, found);
    }
  });
}
