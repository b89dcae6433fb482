import { nodePlacement } from '../../engine/jobs/nodePlacement';
import type { DeviceId } from '../../protocol/engine';
import type { GraphPlacement } from '../../protocol/nodePlacement';
import type { CommandContext } from '../start';
import { clean, clearLine, print, printJson, status } from '../terminal';

/** model-lens inspect MODEL --placement DEVICE */
export async function runInspectPlacement({ engine, signal }: CommandContext, model: string, device: DeviceId, json: boolean): Promise<void> {
  status(`running the model on ${device} …`);
  const result = await nodePlacement(engine, { model, device }, { signal });
  clearLine();
  if (json) return printJson(result);
  print([clean(result.device.detail, 200), '', ...result.graphs.flatMap(describe)].join('\n'));
}

const titles: Readonly<Record<GraphPlacement['graph'], string>> = { forward: 'forward pass', gradient: 'forward and gradient' };

function describe(item: GraphPlacement): string[] {
  const title = titles[item.graph].padEnd(22);
  if ('failed' in item) return [`${title}could not be run: ${clean(item.failed, 400)}`];
  const { nodes, onCpu, copies } = item.placement, fallen = Object.entries(onCpu).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const count = fallen.reduce((sum, [, times]) => sum + times, 0);
  return [
    `${title}${nodes} nodes, ${count === 0 ? 'all of them there' : `${count} of them on the CPU`}; values carried between the two: ${copies}`,
    ...fallen.map(([op, times]) => `  ${String(times).padStart(5)} × ${clean(op)}`),
  ];
}
