/** Which nodes of a model run on a device, and which fall to the CPU. */
import type { DeviceId, DeviceReport } from './engine';

/** Where the nodes of one graph ran. */
export interface NodePlacement {
  /** Nodes that ran, after the runtime fused what it could. */
  readonly nodes: number;
  /** Those that ran on the CPU beside the device, by op. */
  readonly onCpu: Readonly<Record<string, number>>;
  /** Values that were carried between the device and the CPU within the graph. */
  readonly copies: number;
}

export interface NodePlacementResult {
  readonly device: DeviceReport;
  /** Forward pass of all outputs; the gradient of the first output to the first input of real numbers. */
  readonly graphs: readonly GraphPlacement[];
}

/** A graph that was run to find out, or why it could not be. */
export type GraphPlacement = { readonly graph: 'forward' | 'gradient' } & ({ readonly placement: NodePlacement } | { readonly failed: string });

export interface NodePlacementRequests {
  nodePlacement: { params: { readonly model: string; readonly device: DeviceId }; result: NodePlacementResult; progress: never };
}
