export { GraphBuilder, encodable, encodeNumbers, onnxElementType, toAttribute, type AttributeInput } from '../graph/builder';
