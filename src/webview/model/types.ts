/** Parts of what the engine says about a model, by the names this room uses. */
import type { InspectResult } from '../../protocol/engine';
import type { ModelQuestion } from '../../protocol/webview';
import type { Questions } from '../common/ask';

export type Architecture = InspectResult['architecture'];
export type GraphNode = Architecture['nodes'][number];
export type GraphEdge = Architecture['edges'][number];
export type Summary = InspectResult['summary'];
export type Layer = Summary['layers'][number];
export type Port = Summary['inputs'][number];

/** What a model's page may ask; the extension fills in the file. */
export type ModelQuestions = Questions<ModelQuestion, 'file'>;
