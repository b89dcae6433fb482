/** Tensors among a call's arguments. */
import { isObject } from '../config';
import { TensorArgument, type CallArgument, type KerasTensor } from '../layer';

/** All tensors in an argument (a tensor, or lists and objects of them), in order. */
export function tensorsIn(argument: CallArgument): KerasTensor[] {
  if (argument instanceof TensorArgument) return [argument.tensor];
  if (Array.isArray(argument)) return argument.flatMap(tensorsIn);
  if (isObject(argument)) return Object.values(argument).flatMap(tensorsIn);
  return [];
}
